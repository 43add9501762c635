/** Lets messages run beside each other up to a limit, or one of them alone. Those that want to be alone go first. */
export class Gate {
  private running = 0;
  private alone = false;
  private readonly waiting: { alone: boolean; start: () => void }[] = [];

  constructor(private readonly limit: number) {}

  async run<T>(alone: boolean, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      if (alone) {
        const firstShared = this.waiting.findIndex((entry) => !entry.alone);
        this.waiting.splice(firstShared < 0 ? this.waiting.length : firstShared, 0, { alone, start });
      } else {
        this.waiting.push({ alone, start });
      }
      this.admit();
    });
    try {
      return await work();
    } finally {
      this.running -= 1;
      if (alone) this.alone = false;
      this.admit();
    }
  }

  private admit(): void {
    for (let next = this.waiting[0]; next; next = this.waiting[0]) {
      if (this.alone || (next.alone ? this.running > 0 : this.running >= this.limit)) return;
      this.waiting.shift();
      this.running += 1;
      this.alone = next.alone;
      next.start();
    }
  }
}
