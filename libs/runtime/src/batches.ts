/**
 * Does together what comes while it is busy: the first item starts at once and alone, and what comes until its work is done makes up the next
 * batch, in its order. So nothing waits for company, and under load many share the cost of one round trip. One batch is at work at a time.
 */
export class Batches<T, R> {
  private readonly waiting: { item: T; resolve: (result: R) => void; reject: (reason: unknown) => void }[] = [];
  private working = false;

  /**
   * @param work returns a result for each item, in their order; when it rejects, so does each item of the batch
   * @param largest how many items a batch has at most
   */
  constructor(
    private readonly work: (items: readonly T[]) => Promise<readonly R[]>,
    private readonly largest: number,
  ) {}

  add(item: T): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      void this.drain();
    });
  }

  private async drain(): Promise<void> {
    if (this.working) return;
    this.working = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.largest);
      try {
        const results = await this.work(batch.map(({ item }) => item));
        if (results.length !== batch.length) throw new Error(`${batch.length} items had ${results.length} results`);
        batch.forEach(({ resolve }, index) => resolve(results[index] as R));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.working = false;
  }
}
