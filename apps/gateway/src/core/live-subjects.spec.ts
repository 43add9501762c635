import type { Broker, Bus } from '@slipway/messaging';
import { describe, expect, it, vi } from 'vitest';

import { ReplayedCore } from '../fixture/replayed-core.js';
import { LiveSubjects } from './live-subjects.js';

const SUBJECT = 'feed.kim';

describe('LiveSubjects', () => {
  /** A broker that is back as often as `comeBack` is called. */
  function start() {
    const core = new ReplayedCore();
    const waiting: (() => void)[] = [];
    const connection = {
      async *status() {
        for (;;) {
          await new Promise<void>((resolve) => waiting.push(resolve));
          yield { type: 'reconnecting' };
          yield { type: 'reconnect' };
        }
      },
    };
    const live = new LiveSubjects(core as unknown as Bus, { connection } as unknown as Broker);
    live.onModuleInit();
    return { core, live, comeBack: () => waiting.splice(0).forEach((resolve) => resolve()) };
  }
  const listener = () => ({ onMessage: vi.fn(), onReconnect: vi.fn() });

  it('subscribe once for all who listen, until the last of them has gone', () => {
    const { core, live } = start();
    const [one, other] = [listener(), listener()];
    const [stopOne, stopOther] = [live.listen(SUBJECT, one), live.listen(SUBJECT, other)];
    expect(core.listenersOf(SUBJECT)).toBe(1);
    stopOne();
    // Twice does no harm to who is left.
    stopOne();
    core.emit(SUBJECT, { id: '1' });
    expect(one.onMessage).not.toHaveBeenCalled();
    expect(other.onMessage.mock.calls).toEqual([[{ id: '1' }]]);
    stopOther();
    expect(core.listenersOf(SUBJECT)).toBe(0);
    const third = listener();
    live.listen(SUBJECT, third);
    // Of an earlier subscription.
    stopOther();
    core.emit(SUBJECT, { id: '2' });
    expect(third.onMessage).toHaveBeenCalledTimes(1);
  });

  it('tell who listens, and who asked for it alone, that the broker is back', async () => {
    const { live, comeBack } = start();
    const [reader, watcher, gone] = [listener(), vi.fn(), vi.fn()];
    live.listen(SUBJECT, reader);
    live.onReconnect(watcher);
    live.onReconnect(gone)();
    comeBack();
    await vi.waitFor(() => expect(reader.onReconnect).toHaveBeenCalledTimes(1));
    expect(watcher).toHaveBeenCalledTimes(1);
    expect(gone).not.toHaveBeenCalled();
  });
});
