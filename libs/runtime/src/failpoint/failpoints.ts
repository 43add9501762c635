import type { FailpointName } from './names.js';
import type { Action, Failpoint, Trigger } from './parse-failpoints.js';

export interface Hit {
  readonly action: Action;
  /** How often the place had been reached by then, this time included. */
  readonly pass: number;
}

/** Counts how often places are reached, and says when something is to happen there. */
export class Failpoints {
  private readonly passes = new Map<FailpointName, number>();
  private state: number;

  constructor(
    private readonly rules: readonly Failpoint[],
    seed: number,
  ) {
    this.state = seed >>> 0;
  }

  pass(name: FailpointName): Hit | undefined {
    const pass = (this.passes.get(name) ?? 0) + 1;
    this.passes.set(name, pass);
    const rule = this.rules.find((one) => one.name === name && this.acts(one.trigger, pass));
    return rule && { action: rule.action, pass };
  }

  private acts(trigger: Trigger, pass: number): boolean {
    switch (trigger.kind) {
      case 'always':
        return true;
      case 'at':
        return pass === trigger.pass;
      case 'every':
        return pass % trigger.passes === 0;
      case 'chance':
        return this.random() < trigger.probability;
    }
  }

  // Mulberry32: the same seed and the same passes give the same hits, as a replay needs.
  private random(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
