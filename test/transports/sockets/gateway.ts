import { Inject, Injectable, UseFilters, UseGuards } from '@nestjs/common'
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import {
  Claims,
  CurrentIdentity,
  CurrentToken,
  JwtAuthError,
  JwtAuthErrorFilter,
  JwtGuard,
  OptionalAuth,
  Public,
  RequireClaims,
  TokenResponse,
  TokenService,
} from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'

const answer = (data: unknown) => ({ event: 'answer', data })

/** A protected gateway with a handler of each kind. */
@WebSocketGateway()
@UseGuards(JwtGuard)
@UseFilters(JwtAuthErrorFilter)
@Injectable()
export class ChatGateway {
  readonly served: string[] = []

  constructor(
    @Inject(JwtSockets) private readonly sockets: JwtSockets,
    @Inject(TokenService) private readonly tokens: TokenService,
  ) {}

  afterInit(server: object): void {
    this.sockets.protect(server)
  }

  @SubscribeMessage('whoami')
  whoami(@Claims('sub') sub: string) {
    this.served.push(sub)
    return answer({ sub })
  }

  @SubscribeMessage('claims')
  claims(@Claims() claims: object, @CurrentToken() token: string) {
    return answer({ claims, token })
  }

  @SubscribeMessage('identity')
  identity(@CurrentIdentity() identity: unknown) {
    return answer({ identity })
  }

  @SubscribeMessage('admin')
  @RequireClaims({ is_admin: true })
  admin(@Claims('sub') sub: string) {
    return answer({ sub })
  }

  @SubscribeMessage('optional')
  @OptionalAuth()
  optional(@Claims('sub') sub: string | undefined) {
    return answer({ sub: sub ?? 'nobody' })
  }

  @SubscribeMessage('open')
  @Public()
  open() {
    return answer({ open: true })
  }

  @SubscribeMessage('renew')
  async renew(@ConnectedSocket() client: object, @MessageBody('token') token: string) {
    await this.sockets.renew(client, token)
    return answer({ renewed: true })
  }

  @SubscribeMessage('verify')
  async verify(@MessageBody('token') token: string) {
    await this.tokens.verify(token)
    return answer({ verified: true })
  }

  @SubscribeMessage('login')
  @Public()
  login(): void {
    throw new JwtAuthError('credentials_invalid')
  }

  @SubscribeMessage('marked-login')
  @Public()
  @TokenResponse()
  markedLogin(): void {
    throw new JwtAuthError('credentials_invalid')
  }
}

/** The same, open to clients without a token. */
@WebSocketGateway()
@UseGuards(JwtGuard)
@UseFilters(JwtAuthErrorFilter)
@Injectable()
export class AnonymousGateway extends ChatGateway {
  constructor(
    @Inject(JwtSockets) private readonly anonymousSockets: JwtSockets,
    @Inject(TokenService) tokens: TokenService,
  ) {
    super(anonymousSockets, tokens)
  }

  override afterInit(server: object): void {
    this.anonymousSockets.protect(server, { anonymous: true })
  }
}
