import { describe, expect, it } from 'vitest';

import { greet, greeted } from './fixture/operations.js';
import { controllersOf, provisionFixture, startTestService } from './fixture/service.js';
import { eventually, useServices } from './fixture/services.js';
import { Stream } from './subjects.js';

const { script, urlOf, start, store, nats, manager } = useServices();

describe('a service', () => {
  it('waits for its broker when it starts', async () => {
    await nats().halt();
    const starting = start('catalog');
    const first = await Promise.race([starting, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))]);
    expect(first).toBe('waits');
    await nats().restart();
    expect((await starting).bus.connected).toBe(true);
  });

  it('is not ready while a stream or consumer is not as it should be, and says what', async () => {
    const catalog = await start('catalog');
    const { streams, consumers } = await manager();
    await streams.update(Stream.commands, { max_msgs: 5 });
    await consumers.delete(Stream.events, 'catalog');
    const { ready, checks } = await catalog.readiness.report();
    expect(ready).toBe(false);
    expect(checks.streams).toContain('stream COMMANDS: max_msgs is 5, wants 100000');
    expect(checks.streams).toContain('consumer catalog on EVENTS is missing: run provision');
    expect(await provisionFixture(urlOf('provision'))).toHaveLength(2);
    expect((await catalog.readiness.report()).ready).toBe(true);
    await store(greeted.subject, '{"name":"Kim"}', {});
    await eventually(() => expect(script.greeted).toHaveBeenCalled());
  });

  it('does not start with two handlers for one subject', async () => {
    const starting = startTestService({ natsUrl: urlOf('catalog') }, [
      ...controllersOf(script),
      ...controllersOf(script),
    ]);
    await expect(starting).rejects.toThrow(`${greet.subject} has two handlers in catalog: keep one`);
  });

  it('does not start with a handler for what another service owns', async () => {
    const starting = startTestService({ natsUrl: urlOf('logs'), service: 'logs' }, controllersOf(script));
    await expect(starting).rejects.toThrow(`${greet.subject} belongs to catalog, so logs cannot handle it`);
  });
});
