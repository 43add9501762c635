/** Lets those that name the same thing go one after another within this process, in the order in which they came. Others do not wait for them. */
export class Turns {
  /** Settles when the last one that came has ended, however it did. */
  private readonly last = new Map<string, Promise<unknown>>();

  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const done = (this.last.get(name) ?? Promise.resolve()).then(work);
    const ended = done.catch(() => undefined);
    this.last.set(name, ended);
    try {
      return await done;
    } finally {
      if (this.last.get(name) === ended) this.last.delete(name);
    }
  }
}
