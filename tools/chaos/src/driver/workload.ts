import type { Random } from '../random.js';
import type { Dialect } from './dialect.js';
import type { Operation, Outcome } from './sender.js';
import type { Tenant } from './tenant.js';

/** Makes the next operation of a workload; undefined while it waits for an answer. */
export interface Workload {
  next(): ((op: string) => Operation) | undefined;
}

export interface WorkloadContext {
  readonly dialect: Dialect;
  readonly tenants: readonly Tenant[];
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
