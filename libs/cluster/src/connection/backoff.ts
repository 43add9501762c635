/** Waits between attempts: from `firstMs`, doubled each time up to `lastMs`, each cut by chance to between a half and the whole. */
export class Backoff {
  private attempt = 0;

  constructor(
    private readonly firstMs = 250,
    private readonly lastMs = 30_000,
    private readonly random: () => number = Math.random,
  ) {}

  nextMs(): number {
    const whole = Math.min(this.lastMs, this.firstMs * 2 ** Math.min(this.attempt, 20));
    this.attempt += 1;
    return whole * (0.5 + this.random() / 2);
  }

  reset(): void {
    this.attempt = 0;
  }
}
