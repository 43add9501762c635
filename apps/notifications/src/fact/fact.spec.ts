import { appScaled } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { appOf } from '../fixture/facts.js';
import { toFact } from './fact.js';

describe('toFact', () => {
  it('is named after the subject and keeps the fields of the event, without the App and who did it', () => {
    const app = appOf('0b9f7f3e-52a4-4c0e-9a70-3c4f5a1d2e6b');
    const payload = { app, actor: { userId: app.ownerId, username: 'kim' }, old: 2, new: 5 };
    const time = new Date();
    expect(toFact(appScaled, payload, 'event', time)).toEqual({
      eventId: 'event',
      name: 'deployments.app.scaled',
      app,
      fields: { old: 2, new: 5 },
      time,
    });
  });

  it('refuses what is no event', () => {
    const app = appOf('0b9f7f3e-52a4-4c0e-9a70-3c4f5a1d2e6b');
    expect(() => toFact({ subject: 'cmd.x.y.z.v1' }, { app }, 'event', new Date())).toThrow('is no event');
  });
});
