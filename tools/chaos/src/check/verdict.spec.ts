import { describe, expect, it } from 'vitest';

import { answer, fact, IMAGE, judged, ONE_APP, QUIET, sent, verdict } from '../fixture/small-world.js';
import type { World } from '../observe/world.js';

describe('the verdict on an operation', () => {
  const twice: World = { ...ONE_APP, events: [fact(), fact({ id: 'e2' })], activityIds: ['e1', 'e2'] };
  const late: World = { ...ONE_APP, sightings: { 1: { absentAt: 1_000 + 20_001 } } };
  const vanished: World = { ...QUIET, sightings: { 1: { absentAt: 900 } } };
  const inTime: World = { ...ONE_APP, sightings: { 1: { absentAt: 1_000 + 19_999 } } };
  it.each([
    ['ok', 'acknowledged, and there once', sent('acked'), ONE_APP],
    ['ok', 'refused, and not there', sent('refused'), QUIET],
    ['unknown', 'timed out, and there once', sent('timeout'), ONE_APP],
    ['unknown', 'cut, and not there', sent('error'), QUIET],
    ['unknown', 'never answered, and not there', sent('nothing'), QUIET],
    ['unknown', 'timed out, and seen in time', sent('timeout'), inTime],
    ['lost', 'acknowledged, and not there', sent('acked'), QUIET],
    ['duplicate', 'acknowledged, and there twice', sent('acked'), twice],
    ['duplicate', 'cut, and there twice', sent('error'), twice],
    ['partial', 'cut, and there without its fact', sent('error'), { ...ONE_APP, events: [], activityIds: [] }],
    ['partial', 'acknowledged, and its fact is not in the journal', sent('acked'), { ...ONE_APP, activityIds: [] }],
    ['late', 'timed out, seen meanwhile, and gone in the end', sent('timeout'), vanished],
    ['lost', 'acknowledged, seen meanwhile, and gone in the end', sent('acked'), vanished],
    ['phantom', 'refused, and there all the same', sent('refused'), ONE_APP],
    ['late', 'timed out, absent long after its deadline, and there in the end', sent('timeout'), late],
  ] as const)('is %s: %s', (expected, _, journal, world) => {
    expect(verdict(journal, world)).toBe(expected);
  });

  const key = { kind: 'key', target: 'amber-key-1', value: 'amber-key-1' } as const;
  const keys = [{ id: 'k1', userId: 'u1', name: 'amber-key-1', revoked: false }];
  it('takes all sends of one Idempotency-Key for one operation, which was acknowledged when one of them was', () => {
    const sends = [...sent('acked', { ...key, answer: 'k1' }), ...sent('error', { ...key, requestId: '1.2' })];
    expect(verdict(sends, { ...QUIET, keys })).toBe('ok');
    expect(verdict(sends, QUIET)).toBe('lost');
  });

  it('is unknown when one send was refused and another was cut', () => {
    const sends = [...sent('refused', key), ...sent('error', { ...key, requestId: '1.2' })];
    expect(verdict(sends, { ...QUIET, keys })).toBe('unknown');
  });

  it('does not take another key for the one that was revoked', () => {
    const revoked = { id: 'k2', userId: 'u1', name: 'amber-key-2', revoked: true };
    const events = [fact({ subject: 'evt.identity.credential.revoked.v1' })];
    expect(
      verdict(sent('acked', { ...key, kind: 'revoke', value: 'k1' }), { ...QUIET, events, keys: [...keys, revoked] }),
    ).toBe('partial');
  });

  it('is duplicate when two answers under one key differ, and when the thing is there twice', () => {
    const sends = [
      ...sent('acked', { ...key, answer: 'k1' }),
      ...sent('acked', { ...key, requestId: '1.2', answer: 'k2' }),
    ];
    expect(verdict(sends, { ...QUIET, keys })).toBe('duplicate');
    expect(verdict(sent('acked', key), { ...QUIET, keys: [...keys, ...keys] })).toBe('duplicate');
  });

  const about = { target: 'amber-life-1' } as const;
  const updated = fact({ subject: 'evt.deployments.app.updated.v1' });
  const told = { ...ONE_APP, events: [updated] };
  it.each([
    ['set', 'V_1=amber-1', { ...told, answers: [{ ...answer, variables: { V_1: 'amber-1' } }] }, told],
    ['image', 'web:2', { ...told, answers: [{ ...answer, revisions: [IMAGE, 'web:2'] }] }, told],
    [
      'scale',
      '2',
      { ...ONE_APP, events: [fact({ subject: 'evt.deployments.app.scaled.v1' })] },
      { ...ONE_APP, events: [] },
    ],
    [
      'restart',
      '',
      { ...ONE_APP, events: [fact({ subject: 'evt.deployments.app.restarted.v1' })] },
      { ...ONE_APP, events: [] },
    ],
    [
      'delete',
      '',
      { ...QUIET, events: [fact({ subject: 'evt.deployments.app.deleting.v1' })], activityIds: ['e1'] },
      { ...ONE_APP, events: [fact({ subject: 'evt.deployments.app.deleting.v1' })] },
    ],
    [
      'revoke',
      'k1',
      {
        ...QUIET,
        events: [fact({ subject: 'evt.identity.credential.revoked.v1' })],
        keys: [{ id: 'k1', userId: 'u1', name: 'amber-life-1', revoked: true }],
      },
      { ...QUIET, events: [], keys: [{ id: 'k1', userId: 'u1', name: 'amber-life-1', revoked: false }] },
    ],
  ] as const)('looks for a %s where it leaves its mark', (kind, value, there, missing) => {
    expect(verdict(sent('acked', { ...about, kind, value }), there)).toBe('ok');
    expect(['lost', 'partial']).toContain(verdict(sent('acked', { ...about, kind, value }), missing));
  });

  it('does not look for an App that a later operation took away', () => {
    const gone: World = {
      ...QUIET,
      events: [fact(), fact({ id: 'e2', requestId: '2.1', subject: 'evt.deployments.app.deleting.v1' })],
      activityIds: ['e1', 'e2'],
    };
    const life = [...sent('acked'), ...sent('acked', { op: '2', requestId: '2.1', kind: 'delete', value: '' })];
    expect(judged(life, gone).totals).toMatchObject({ ok: 2 });
  });
});
