import { nanos } from '@nats-io/nats-core';
import { describe, expect, it } from 'vitest';

import { provisionFixture } from '../fixture/service.js';
import { useServices } from '../fixture/services.js';
import { Stream } from '../subjects.js';

const { urlOf, manager } = useServices();

describe('provision', () => {
  it('changes nothing when run again', async () => {
    expect(await provisionFixture(urlOf('provision'))).toEqual([]);
  });

  it('brings back what was changed and says so', async () => {
    const { streams, consumers } = await manager();
    await streams.update(Stream.events, { max_age: nanos(1_000 * 60 * 60) });
    await consumers.update(Stream.commands, 'catalog', { ack_wait: nanos(1_000) });
    expect(await provisionFixture(urlOf('provision'))).toEqual([
      'stream EVENTS: max_age is 3600000000000, wants 604800000000000',
      'consumer catalog on COMMANDS: ack_wait is 1000000000, wants 30000000000',
    ]);
    expect(await provisionFixture(urlOf('provision'))).toEqual([]);
  });

  it('names what the broker cannot change, and what to do', async () => {
    const { streams } = await manager();
    await streams.delete(Stream.commands);
    await streams.add({ name: Stream.commands, subjects: ['cmd.>'] });
    await expect(provisionFixture(urlOf('provision'))).rejects.toThrow(
      /stream COMMANDS: retention is "limits", wants "workqueue".*delete the stream and provision again/,
    );
  });
});
