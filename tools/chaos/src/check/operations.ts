// The journal's lines of an operation, folded: what was asked, and what is known of the answer.
import type { JournalLine, Kind, OperationLine } from '../driver/journal.js';

export interface Operation {
  readonly op: string;
  readonly actor: string;
  readonly workload: string;
  readonly kind: Kind;
  readonly target: string;
  readonly value: string;
  readonly firstSentAt: number;
  /** When it was sent for the last time. */
  readonly sentAt: number;
  /** `acked` when any of its sends was; `refused` when all were; else `unknown`. */
  readonly outcome: 'acked' | 'refused' | 'unknown';
  /** When it was acknowledged first. */
  readonly ackedAt: number | undefined;
  /** Ids that answers named, each once. */
  readonly answers: readonly string[];
}

export function operationsOf(journal: readonly JournalLine[]): Operation[] {
  const lines = new Map<string, OperationLine[]>();
  for (const line of journal) {
    if (line.note !== 'operation') continue;
    const known = lines.get(line.op);
    if (known) known.push(line);
    else lines.set(line.op, [line]);
  }
  return [...lines.values()].flatMap((ofOne) => {
    const [first] = ofOne;
    if (!first) return [];
    const { op, actor, workload, kind, target, value } = first;
    const sends = ofOne.filter(({ phase }) => phase === 'sent');
    const answered = ofOne.filter(({ phase }) => phase !== 'sent');
    const acked = answered.filter(({ phase }) => phase === 'acked');
    const refused = answered.length === sends.length && answered.every(({ phase }) => phase === 'refused');
    return {
      ...{ op, actor, workload, kind, target, value },
      firstSentAt: Math.min(...sends.map(({ t }) => t)),
      sentAt: Math.max(...sends.map(({ t }) => t)),
      outcome: acked.length > 0 ? 'acked' : refused ? 'refused' : 'unknown',
      ackedAt: acked[0]?.t,
      answers: [...new Set(acked.flatMap(({ answer }) => answer ?? []))],
    } satisfies Operation;
  });
}
