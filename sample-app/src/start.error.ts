/** A start that cannot succeed for a reason that its message explains in full: no stack is printed. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
