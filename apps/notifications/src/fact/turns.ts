/**
 * Runs work under one key in the order in which it came, beside that under other keys. Facts of one user arrive in order and wait for the
 * same row; waiting here keeps their order and takes no connection of the pool from the facts of others.
 */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(key);
    const turn = before ? before.then(work, work) : work();
    this.last.set(key, turn);
    const forget = (): void => {
      if (this.last.get(key) === turn) this.last.delete(key);
    };
    turn.then(forget, forget);
    return turn;
  }
}
