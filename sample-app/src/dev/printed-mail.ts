import { Injectable, Logger } from '@nestjs/common'
import { type Mail, Mailer } from '../auth/mailer.js'
import { Settings } from '../settings.js'

/** Prints in development what an app would send; in production the text, which may hold a token, is printed nowhere. */
@Injectable()
export class PrintedMail extends Mailer {
  constructor(private readonly settings: Settings) {
    super()
  }

  async send({ to, subject, text }: Mail): Promise<void> {
    if (this.settings.production) {
      new Logger(PrintedMail.name).error(`"${subject}" was not sent: this sample app has no mail server.`)
    } else {
      process.stdout.write(`  mail to ${to}: ${subject}: ${text}\n`)
    }
  }
}
