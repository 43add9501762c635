import { describe, expect, it } from 'vitest';

import { parseFailpoints } from './parse-failpoints.js';

describe('parseFailpoints', () => {
  it('reads rules with their actions and triggers', () => {
    const text =
      'outbox.after-puback=kill@3; cluster.before-apply=pause:30s@p0.01;messaging.before-handler=error:ECONNRESET;' +
      'lease.skip-renew=drop@every:2;boot.before-ready=exit@once;reconcile.after-read=block:200ms;';
    expect(parseFailpoints(text)).toEqual([
      { name: 'outbox.after-puback', action: { kind: 'kill' }, trigger: { kind: 'at', pass: 3 } },
      {
        name: 'cluster.before-apply',
        action: { kind: 'pause', ms: 30_000 },
        trigger: { kind: 'chance', probability: 0.01 },
      },
      {
        name: 'messaging.before-handler',
        action: { kind: 'error', code: 'ECONNRESET' },
        trigger: { kind: 'always' },
      },
      { name: 'lease.skip-renew', action: { kind: 'drop' }, trigger: { kind: 'every', passes: 2 } },
      { name: 'boot.before-ready', action: { kind: 'exit' }, trigger: { kind: 'at', pass: 1 } },
      { name: 'reconcile.after-read', action: { kind: 'block', ms: 200 }, trigger: { kind: 'always' } },
    ]);
    expect(parseFailpoints('')).toEqual([]);
  });

  it.each([
    'outbox.after-pubak=kill',
    'outbox.after-puback',
    'outbox.after-puback=explode',
    'outbox.after-puback=kill:3',
    'outbox.after-puback=pause',
    'outbox.after-puback=pause:3',
    'outbox.after-puback=error',
    'outbox.after-puback=kill@0',
    'outbox.after-puback=kill@every:0',
    'outbox.after-puback=kill@p1.5',
    'outbox.after-puback=kill@p',
    'outbox.after-puback=kill@1@2',
  ])('refuses %s, and says how rules are written', (rule) => {
    expect(() => parseFailpoints(`boot.before-ready=exit;${rule}`)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^SLIPWAY_FAILPOINTS: outbox.*Triggers: @<n>/) }),
    );
  });
});
