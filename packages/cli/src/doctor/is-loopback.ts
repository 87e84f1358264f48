/** Whether what is sent to this address stays on this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|(.+\.)localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
}
