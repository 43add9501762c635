// What became of one operation. Its effect is counted in each place where it must leave a mark (./places.ts), never asked for by an id.
import type { Sighting } from '../observe/world.js';
import type { Operation } from './operations.js';

export type Verdict = 'ok' | 'unknown' | 'lost' | 'duplicate' | 'partial' | 'phantom' | 'late';

export const FAILING: readonly Verdict[] = ['lost', 'duplicate', 'partial', 'phantom', 'late'];

export interface Judged {
  readonly operation: Operation;
  readonly verdict: Verdict;
  /** For people: what was found where. */
  readonly found: string;
}

/** How often the effect is found, by place. */
export type Counts = Readonly<Record<string, number>>;

/** A command's deadline, and how long after it may still be settling: what is done later is late. */
export const SETTLED_AFTER_MS = 10_000 + 10_000;

/** @param sighting when the effect was first seen while the run went on; absent when it was not */
export function verdictOf(operation: Operation, counts: Counts, sighting: Sighting | undefined): Judged {
  const found = Object.entries(counts)
    .map(([place, count]) => `${place} ${count}`)
    .join(', ');
  const all = Object.values(counts);
  const judge = (verdict: Verdict): Judged => ({ operation, verdict, found });
  if (operation.answers.length > 1) return judge('duplicate');
  if (all.some((count) => count > 1)) return judge('duplicate');
  if (all.every((count) => count === 0)) return judge(absent(operation, sighting));
  if (operation.outcome === 'refused') return judge('phantom');
  if (all.some((count) => count === 0)) return judge('partial');
  if (operation.outcome === 'acked') return judge('ok');
  if (sighting && sighting.absentAt > operation.sentAt + SETTLED_AFTER_MS) return judge('late');
  return judge('unknown');
}

/** A refusal is an answer that held. What was there for a while and is gone has changed after all. */
function absent({ outcome }: Operation, sighting: Sighting | undefined): Verdict {
  if (outcome === 'acked') return 'lost';
  if (sighting) return 'late';
  return outcome === 'refused' ? 'ok' : 'unknown';
}
