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
    };
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
});
