// Owns what a benchmark starts: everything is stopped in the opposite order, however the benchmark ends.
import type { Cores } from './cores.js';
import { Child } from './parts/child.js';
import { Instance, type InstanceOptions } from './parts/instance.js';

export class Stage {
  private readonly stops: (() => unknown)[] = [];
  private readonly world: Child[] = [];

  constructor(
    readonly cores: Cores | undefined,
    /** Shows what is being done. */
    readonly tell: (line: string) => void,
    /** Keeps what is known of an instance only while it runs. */
    private readonly onInstance: (instance: Instance) => Promise<void>,
  ) {}

  async instance(options: Omit<InstanceOptions, 'cores'> = {}): Promise<Instance> {
    this.tell('starting Slipway');
    const instance = await Instance.start({ ...options, cores: this.cores?.system });
    this.stops.push(() => instance.close());
    await this.onInstance(instance);
    return instance;
  }

  /** A floor runs where Slipway runs, the world around it elsewhere. */
  child(entry: URL, place: 'floor' | 'world'): Child {
    const cores = place === 'floor' ? this.cores?.system : this.cores && [this.cores.world];
    const child = Child.start(entry, cores);
    if (place === 'world') this.world.push(child);
    this.stops.push(() => child.stop());
    return child;
  }

  defer(stop: () => unknown): void {
    this.stops.push(stop);
  }

  /** Processes that share the driver's core. */
  get besideDriver(): readonly number[] {
    return this.cores && this.cores.world !== this.cores.driver ? [] : this.world.map(({ pid }) => pid);
  }

  async close(): Promise<void> {
    for (let stop = this.stops.pop(); stop; stop = this.stops.pop()) {
      try {
        await stop();
      } catch (error) {
        this.tell(`could not be stopped: ${String(error)}`);
      }
    }
  }
}
