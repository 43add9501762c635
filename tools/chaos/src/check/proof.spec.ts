import { describe, expect, it } from 'vitest';

import type { JournalLine } from '../driver/journal.js';
import type { Operation } from './operations.js';
import { missingProof } from './proof.js';

const operation: Operation = {
  op: '1',
  actor: 'amber',
  workload: 'set',
  kind: 'set',
  target: 'amber-set-1',
  value: 'V_1=amber-1',
  sentAt: 0,
  outcome: 'acked',
  firstSentAt: 0,
  ackedAt: 1,
  answers: [],
};
const frame = (stream: 'feed' | 'lines'): JournalLine => ({
  ...{ note: 'frame', t: 0, stream, actor: 'amber', id: '1', type: '', text: '{}' },
});
const world = {
  endpoints: [{ id: 'w1', ownerId: 'u1', url: 'http://127.0.0.1/amber', active: true, createdAt: 0 }],
  received: [{ at: 0, manner: 'well', path: '/amber', webhookId: 'e1', body: '' }],
  written: { 'amber-lines': ['chaos line 1'] },
};
const missing = (operations: Operation[], journal: JournalLine[], more: Partial<typeof world> = {}): string[] =>
  missingProof(['set'], operations, journal, { ...world, ...more }, [{ canary: 'amber' }]);

describe('what a run must have done to prove something', () => {
  const both = [frame('feed'), frame('lines')];
  it('is there when every workload was acknowledged and every stream gave something', () => {
    expect(missing([operation], both)).toEqual([]);
  });

  it.each([
    ['nothing of set was acknowledged', missing([{ ...operation, outcome: 'unknown' }], both)],
    ['nothing came by the feed of amber', missing([operation], [frame('lines')])],
    ['nothing came by the lines of amber', missing([operation], [frame('feed')])],
    ['not every tenant has a webhook', missing([operation], both, { endpoints: [] })],
    ['no webhook arrived', missing([operation], both, { received: [] })],
    ['not every log was written to', missing([operation], both, { written: {} as never })],
  ])('is missing: %s', (sentence, told) => {
    expect(told).toEqual([sentence]);
  });
});
