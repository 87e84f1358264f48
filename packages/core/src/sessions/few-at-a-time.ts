/** Does work for keys: for at most `max` keys at the same time, and never twice at the same time for one key. */
export class FewAtATime {
  private readonly waiting = new Set<string>()
  private readonly underWay = new Set<string>()

  /** `work` must not reject. */
  constructor(
    private readonly max: number,
    private readonly work: (key: string) => Promise<void>,
  ) {}

  /** If work for the key has already begun, it is done again afterwards. */
  request(key: string): void {
    this.waiting.add(key)
    this.begin()
  }

  private begin(): void {
    for (const key of this.waiting) {
      if (this.underWay.size >= this.max) return
      if (!this.underWay.has(key)) void this.run(key)
    }
  }

  private async run(key: string): Promise<void> {
    this.waiting.delete(key)
    this.underWay.add(key)
    await this.work(key)
    this.underWay.delete(key)
    this.begin()
  }
}
