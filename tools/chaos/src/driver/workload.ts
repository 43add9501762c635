import type { Random } from '../random.js';
import type { Dialect } from './dialect.js';
import type { Operation, Outcome } from './sender.js';
import type { Tenant } from './tenant.js';

export type Make = (op: string) => Operation;

/** Makes what a workload sends next, all of it at once; nothing while it waits for an answer. */
export interface Workload {
  next(): readonly Make[];
}

export interface WorkloadContext {
  readonly dialect: Dialect;
  readonly tenants: readonly Tenant[];
  /** Who has as many API keys as a user may have, and nothing else. */
  readonly fullTenant: Tenant;
  readonly random: Random;
}

export type MakeWorkload = (context: WorkloadContext) => Workload;

/** A name that begins with its owner's canary. */
export function nameOf(tenant: Tenant, ...parts: readonly (string | number)[]): string {
  return [tenant.canary, ...parts].join('-');
}

/** Reads an outcome as the App that was made; undefined when nobody knows whether it was. */
export function madeApp({ phase, answer }: Outcome, name: string): { id: string; name: string } | undefined {
  return phase === 'acked' && answer !== undefined ? { id: answer, name } : undefined;
}

/** Things that have had their time: beyond so many the oldest are taken away, so that the world of a long run does not grow without end. */
export class Retired {
  private readonly endings: Make[] = [];

  constructor(private readonly kept: number) {}

  add(ending: Make): void {
    this.endings.push(ending);
  }

  next(): Make | undefined {
    return this.endings.length > this.kept ? this.endings.shift() : undefined;
  }
}
