import { type Browser, chromium } from 'playwright-core'

/** For each step in a page, in milliseconds, on a slow machine. */
export const PATIENCE = 120_000

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-gpu-vsync',
  '--disable-frame-rate-limit',
]

export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: flags, timeout: PATIENCE })
}
