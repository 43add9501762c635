import { problem, type FeedEvent, type FeedPage } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { describe, expect, it, vi } from 'vitest';

import { compareIds, Feed } from './feed-reader.js';

const event = (id: number, previousId: number | null = id > 1 ? id - 1 : null): FeedEvent => ({
  id: String(id),
  previousId: previousId === null ? null : String(previousId),
  fact: 'deployments.app.scaled',
  appId: 'a',
  appName: 'shop',
  time: '2026-03-01T10:00:00Z',
  fields: {},
});

/** A feed over entries that are stored, some of which also arrive live. */
function feed(stored: FeedEvent[], afterId?: string) {
  const seen: string[] = [];
  const ask = vi.fn(async (after?: string): Promise<FeedPage> => {
    const events = after === undefined ? [] : stored.filter(({ id }) => compareIds(id, after) > 0).slice(0, 500);
    return { events, gap: false, newestId: stored.at(-1)?.id ?? null };
  });
  const subject = new Feed(ask, false);
  const sink = {
    event: ({ id }: FeedEvent) => void seen.push(id),
    gap: () => void seen.push('gap'),
    ready: () => Promise.resolve(),
    failed: (error: unknown) => void seen.push(`failed: ${String(error)}`),
  };
  return { subject, seen, ask, sink, stored, begin: () => subject.begin(afterId) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('Feed', () => {
  it('begins now without an id', async () => {
    const { subject, seen, sink, begin } = feed([event(1), event(2)]);
    await begin();
    subject.start(sink);
    subject.receive(event(3));
    await settled();
    expect(seen).toEqual(['3']);
  });

  it('replays what came after the id, then goes on live without a double', async () => {
    const { subject, seen, sink, begin } = feed([event(1), event(2), event(3)], '1');
    subject.receive(event(3));
    await begin();
    subject.receive(event(4));
    subject.start(sink);
    await settled();
    subject.receive(event(4));
    subject.receive(event(5));
    await settled();
    expect(seen).toEqual(['2', '3', '4', '5']);
  });

  it('asks again when it sees a hole', async () => {
    const { subject, seen, sink, begin, stored } = feed([event(1)]);
    await begin();
    subject.start(sink);
    stored.push(event(2), event(3), event(4));
    subject.receive(event(4));
    await settled();
    expect(seen).toEqual(['2', '3', '4']);
  });

  it('reads all pages of a long absence', async () => {
    const stored = Array.from({ length: 1_200 }, (_, index) => event(index + 1));
    const { subject, seen, sink, begin, ask } = feed(stored, '0');
    await begin();
    subject.start(sink);
    await vi.waitFor(() => expect(seen).toHaveLength(1_200));
    expect(ask).toHaveBeenCalledTimes(3);
    expect(new Set(seen).size).toBe(1_200);
  });

  it('gives the past no faster than its reader takes it', async () => {
    const stored = Array.from({ length: 1_200 }, (_, index) => event(index + 1));
    const { subject, seen, sink, begin, ask } = feed(stored, '0');
    let taken = 700;
    sink.ready = () => vi.waitFor(() => expect(seen.length).toBeLessThan(taken), { interval: 1 });
    await begin();
    subject.start(sink);
    await vi.waitFor(() => expect(seen).toHaveLength(700));
    await settled();
    expect([seen.length, ask.mock.calls.length]).toEqual([700, 2]);
    taken = 1_200;
    await vi.waitFor(() => expect(seen).toHaveLength(1_200));
  });

  it('keeps no more than 500 entries for a reader who is still in the past, who gets them all the same, once', async () => {
    const { subject, seen, sink, begin, stored, ask } = feed([event(1), event(2)], '1');
    let takes: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => (takes = resolve));
    sink.ready = () => ready;
    await begin();
    subject.start(sink);
    for (let id = 3; id <= 503; id += 1) {
      stored.push(event(id));
      subject.receive(event(id));
    }
    await settled();
    expect(seen).toEqual([]);
    takes();
    await vi.waitFor(() => expect(seen).toHaveLength(502));
    await settled();
    expect(seen).toEqual(stored.slice(1).map(({ id }) => id));
    expect(ask.mock.calls.length).toBeGreaterThan(1);
  });

  it('reads what it missed while it was reading', async () => {
    const { subject, seen, sink, begin, stored } = feed([event(1), event(2)], '1');
    let takes: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => (takes = resolve));
    sink.ready = () => ready;
    await begin();
    subject.start(sink);
    stored.push(event(3));
    subject.catchUp();
    takes();
    await settled();
    await settled();
    expect(seen).toEqual(['2', '3']);
  });

  it('tells a gap first', async () => {
    const { subject, seen, sink, ask, begin } = feed([event(7), event(8)], '2');
    ask.mockResolvedValueOnce({ events: [event(7), event(8)], gap: true, newestId: '8' });
    await begin();
    subject.start(sink);
    await settled();
    expect(seen).toEqual(['gap', '7', '8']);
  });

  it('sees a hole at the very beginning', async () => {
    const { subject, seen, sink, begin, stored } = feed([]);
    await begin();
    subject.start(sink);
    stored.push(event(1), event(2));
    subject.receive(event(2));
    await settled();
    expect(seen).toEqual(['1', '2']);
  });

  it('reads what it missed while the broker was away', async () => {
    const { subject, seen, sink, begin, stored } = feed([event(1)]);
    await begin();
    subject.start(sink);
    stored.push(event(2));
    subject.catchUp();
    await settled();
    subject.receive(event(3));
    await settled();
    expect(seen).toEqual(['2', '3']);
  });

  it('asks again for what it missed until notifications is back', async () => {
    vi.useFakeTimers();
    try {
      const { subject, seen, sink, ask, begin, stored } = feed([event(1)]);
      await begin();
      subject.start(sink);
      stored.push(event(2));
      const away = new Refusal(problem.unavailable('service', 'notifications is not running at the moment.'));
      ask.mockRejectedValueOnce(away).mockRejectedValueOnce(away);
      subject.catchUp();
      await vi.advanceTimersByTimeAsync(0);
      expect([seen, ask.mock.calls.length]).toEqual([[], 2]);
      await vi.advanceTimersByTimeAsync(2_500);
      expect(seen).toEqual(['2']);
      subject.receive(event(3));
      await vi.advanceTimersByTimeAsync(10_000);
      expect([seen, ask.mock.calls.length]).toEqual([['2', '3'], 4]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('asks no more once it is closed', async () => {
    vi.useFakeTimers();
    try {
      const { subject, seen, sink, ask, begin } = feed([event(1)]);
      await begin();
      subject.start(sink);
      ask.mockRejectedValue(new Refusal(problem.unavailable('service', 'notifications is not running at the moment.')));
      subject.catchUp();
      await vi.advanceTimersByTimeAsync(0);
      subject.close();
      await vi.advanceTimersByTimeAsync(10_000);
      expect([seen, ask.mock.calls.length]).toEqual([[], 2]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('ends when a hole cannot be filled', async () => {
    const { subject, seen, sink, ask, begin } = feed([event(1)]);
    await begin();
    subject.start(sink);
    ask.mockRejectedValueOnce(new Error('away'));
    subject.receive(event(3));
    await settled();
    subject.receive(event(4));
    await settled();
    expect(seen).toEqual(['failed: Error: away']);
  });

  it('gives nothing after it was closed', async () => {
    const { subject, seen, sink, begin } = feed([]);
    await begin();
    subject.start(sink);
    subject.close();
    subject.receive(event(1));
    await settled();
    expect(seen).toEqual([]);
  });
});
