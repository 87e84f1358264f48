import { Server } from 'node:net'

// Loaded before an app under test: wherever it wants to listen, it gets a free port, and its parent is told which.
const listen = Reflect.get(Server.prototype, 'listen')
Server.prototype.listen = function (where, ...rest) {
  this.once('listening', () => process.send?.(this.address().port))
  const options = typeof where === 'object' ? where : {}
  const callback = rest.findLast((argument) => typeof argument === 'function')
  return Reflect.apply(listen, this, [{ ...options, port: 0, host: '127.0.0.1' }, callback])
}
process.once('disconnect', () => process.exit())
