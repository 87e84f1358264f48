import { setPriority } from 'node:os'
import { closeAtEnd } from './clients.js'

/** Where times are measured, what else runs on the machine shall not decide over them. Only a superuser may ask. */
export function prefer(...pids: number[]): void {
  for (const pid of pids) {
    try {
      setPriority(pid, -15)
    } catch {
      // Then they are as slow as the machine is busy.
    }
  }
  closeAtEnd(() => {
    try {
      setPriority(0, 0)
    } catch {
      // It was never changed.
    }
  })
}
