// A run in which nothing was acknowledged breaks no promise, and shows nothing either. Pure.
import type { JournalLine } from '../driver/journal.js';
import type { World } from '../observe/world.js';
import type { Operation } from './operations.js';

/** Sentences about what the run would have had to do to prove something. */
export function missingProof(
  sending: readonly string[],
  operations: readonly Operation[],
  journal: readonly JournalLine[],
  world: Pick<World, 'endpoints' | 'received' | 'written'>,
  tenants: readonly { readonly canary: string }[],
): string[] {
  const acked = new Set(operations.filter(({ outcome }) => outcome === 'acked').map(({ workload }) => workload));
  const followed = new Set(journal.flatMap((line) => (line.note === 'frame' ? `${line.stream} of ${line.actor}` : [])));
  const streams = tenants.flatMap(({ canary }) => [`feed of ${canary}`, `lines of ${canary}`]);
  return [
    ...sending.filter((workload) => !acked.has(workload)).map((workload) => `nothing of ${workload} was acknowledged`),
    ...streams.filter((stream) => !followed.has(stream)).map((stream) => `nothing came by the ${stream}`),
    ...(world.endpoints.length < tenants.length ? ['not every tenant has a webhook'] : []),
    ...(world.received.length === 0 ? ['no webhook arrived'] : []),
    ...(Object.keys(world.written).length < tenants.length ? ['not every log was written to'] : []),
  ];
}
