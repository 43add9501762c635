/** What has been started so far, to be stopped in the opposite order. */
export class RunningParts {
  private readonly parts: { name: string; stop: () => Promise<void> }[] = [];

  add(name: string, stop: () => Promise<void>): void {
    this.parts.push({ name, stop });
  }

  /** Stops everything, also when a part cannot be stopped; answers what went wrong. */
  async stopAll(): Promise<string[]> {
    const failures: string[] = [];
    for (const { name, stop } of this.parts.splice(0).reverse()) {
      try {
        await stop();
      } catch (error) {
        failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return failures;
  }
}
