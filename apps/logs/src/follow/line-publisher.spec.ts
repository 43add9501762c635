import type { LiveLine } from '@slipway/contracts';
import type { Broker, Bus } from '@slipway/messaging';
import { waitFor } from '@slipway/testing';
import { beforeEach, describe, expect, it } from 'vitest';

import { LinePublisher } from './line-publisher.js';

const app = { appId: 'a', environmentId: 'e', namespace: 'shop' };

describe('LinePublisher', () => {
  let sent: string[];
  let bus: { connected: boolean; emit(subject: string, line: LiveLine): void };
  let info: { server_id: string; client_id: number };
  /** Confirms what has been sent. */
  let confirm: () => void;
  let tellStatus: (status: { type: string }) => void;
  let publisher: LinePublisher;
  const { signal } = new AbortController();

  beforeEach(() => {
    sent = [];
    info = { server_id: 's', client_id: 1 };
    bus = { connected: true, emit: (_, { kind, message }) => void sent.push(message ?? kind) };
    const told: { type: string }[] = [];
    let wake = (): void => undefined;
    tellStatus = (status) => {
      told.push(status);
      wake();
    };
    async function* status() {
      for (;;) {
        const next = told.shift();
        if (next) yield next;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    }
    const connection = {
      get info() {
        return info;
      },
      status,
      flush: () => new Promise<void>((resolve) => (confirm = resolve)),
    };
    confirm = () => undefined;
    publisher = new LinePublisher(bus as unknown as Bus, { connection } as unknown as Broker);
    publisher.onModuleInit();
  });

  const publish = (message: string) => publisher.publish(app, { kind: 'line', message }, signal);

  it('tells of a break where an App begins, once', async () => {
    publisher.begin(app);
    await publish('one');
    await publish('two');
    expect(sent).toEqual(['break', 'one', 'two']);
  });

  it('tells of a break before what follows on another connection', async () => {
    publisher.begin(app);
    await publish('one');
    info = { ...info, client_id: 2 };
    await publish('two');
    info = { server_id: 'other', client_id: 2 };
    await publish('three');
    expect(sent).toEqual(['break', 'one', 'break', 'two', 'break', 'three']);
  });

  it('tells of a break when the connection is back, though there is no line', async () => {
    bus.connected = false;
    publisher.begin(app);
    publisher.begin({ ...app, appId: 'gone' });
    publisher.forget('gone');
    expect(sent).toEqual([]);
    bus.connected = true;
    tellStatus({ type: 'disconnect' });
    tellStatus({ type: 'reconnect' });
    await waitFor(() => sent.length > 0);
    await publish('one');
    expect(sent).toEqual(['break', 'one']);
  });

  it('sends no more than 256 KiB before the broker has confirmed them, and goes on then', async () => {
    const line = 'x'.repeat(100 * 1024);
    const published: number[] = [];
    const all = (async () => {
      for (let count = 1; count <= 6; count += 1) {
        await publish(line);
        published.push(count);
      }
    })();
    await waitFor(() => sent.length === 3);
    await new Promise((resolve) => setImmediate(resolve));
    expect([sent.length, published]).toEqual([3, [1, 2]]);
    confirm();
    await waitFor(() => sent.length === 6);
    confirm();
    await all;
  });

  it('lets lines wait while the broker is away, and drops them when nobody follows any more', async () => {
    bus.connected = false;
    const stopped = new AbortController();
    const dropped = publisher.publish(app, { kind: 'line', message: 'dropped' }, stopped.signal);
    const kept = publish('kept');
    stopped.abort();
    await dropped;
    expect(sent).toEqual([]);
    bus.connected = true;
    await kept;
    expect(sent).toEqual(['kept']);
  });
});
