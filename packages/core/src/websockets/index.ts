export { JwtSockets, type ProtectOptions } from '../nest/sockets/jwt-sockets.js'
