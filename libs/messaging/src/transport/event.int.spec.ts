import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';

import { greeted } from '../fixture/operations.js';
import { eventually, useServices } from '../fixture/services.js';

const { script, start, letters, store, probe } = useServices();

describe('an event', () => {
  it('reaches its listener; sent again under its id it does not', async () => {
    const { publisher } = await start('catalog');
    const event = {
      subject: greeted.subject,
      id: randomUUID(),
      envelope: { correlationId: 'c' },
      payload: { name: 'Kim' },
    };
    await publisher.publish(event);
    await publisher.publish(event);
    await publisher.publish({ ...event, id: randomUUID(), payload: { name: 'Lee' } });
    await eventually(() => expect(script.greeted).toHaveBeenCalledTimes(2));
    expect(script.greeted.mock.calls[0]).toMatchObject([
      { name: 'Kim' },
      { messageId: event.id, operationId: event.id, correlationId: 'c' },
    ]);
    expect(script.greeted.mock.calls[1]?.[0]).toEqual({ name: 'Lee' });
  });

  it('that is not as declared becomes a dead letter', async () => {
    await start('catalog');
    await store(greeted.subject, '{"name":""}', {});
    await eventually(async () => expect(await letters()).toMatchObject([{ reason: 'undecodable', stream: 'EVENTS' }]));
    expect(script.greeted).not.toHaveBeenCalled();
  });

  it('passes live to whoever listens without a consumer', async () => {
    const { publisher } = await start('catalog');
    const seen: unknown[] = [];
    probe().connection.subscribe('evt.catalog.>', { callback: (_, message) => void seen.push(message.json()) });
    await probe().connection.flush();
    await publisher.publish({
      subject: greeted.subject,
      id: randomUUID(),
      envelope: { correlationId: 'c' },
      payload: { name: 'Kim' },
    });
    await eventually(() => expect(seen).toEqual([{ name: 'Kim' }]));
  });
});
