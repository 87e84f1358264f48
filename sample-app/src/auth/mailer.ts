export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
}

/** Sends mail. An app provides its own; the sample's prints in development what it would send. */
export abstract class Mailer {
  abstract send(mail: Mail): Promise<void>
}
