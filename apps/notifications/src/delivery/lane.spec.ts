import { randomUUID } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type HeldWork, Lane } from './lane.js';

const target = { owner: 'user', failing: false, url: 'https://hooks.example.com', keys: [] } as const;

function work(body: string): HeldWork {
  const ids = { id: randomUUID(), endpointId: randomUUID(), eventId: randomUUID() };
  return { delivery: { ...ids, body, attempts: 0, heldUntil: '2026-03-01 10:00:30+00' }, target };
}

describe('Lane', () => {
  let lane: Lane;
  const bodies = (works: readonly HeldWork[]) => works.map(({ delivery: { body } }) => body);
  const next = () => lane.next()?.delivery.body;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
    lane = new Lane(randomUUID(), randomUUID(), false);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('begins what was stored within a second without asking, in the order of its coming', () => {
    for (const body of ['a', 'b']) lane.hold(work(body));
    vi.advanceTimersByTime(999);
    expect([lane.ask(), next(), lane.size]).toEqual([[], 'a', 1]);
    vi.advanceTimersByTime(1);
    expect(next()).toBeUndefined();
    expect(lane.hasWork).toBe(true);
  });

  it('asks for what is known too long, up to 64, and for nothing behind it that is known', () => {
    for (let count = 0; count < 70; count += 1) lane.hold(work(String(count)));
    vi.advanceTimersByTime(1_000);
    lane.hold(work('new'));
    expect(lane.ask()).toHaveLength(64);
    expect(bodies(lane.ask())).toEqual(['64', '65', '66', '67', '68', '69']);
    expect(lane.ask()).toEqual([]);
    expect(next()).toBe('new');
  });

  it('begins what may be sent by the answer, before what came meanwhile, for another second', () => {
    for (const body of ['a', 'b']) lane.hold(work(body));
    vi.advanceTimersByTime(1_000);
    const asked = lane.ask();
    lane.hold(work('c'));
    lane.answered(asked.slice(1));
    vi.advanceTimersByTime(999);
    expect([next(), next(), next()]).toEqual(['b', 'c', undefined]);
  });

  it('asks again for what got no answer', () => {
    lane.hold(work('a'));
    vi.advanceTimersByTime(1_000);
    lane.giveBack(lane.ask());
    expect(next()).toBeUndefined();
    expect(bodies(lane.ask())).toEqual(['a']);
  });

  it('believes nothing after a failure that was known before, since the webhook may have been given up for it', () => {
    vi.advanceTimersByTime(5);
    lane.hold(work('a'));
    lane.ended(true);
    expect(next()).toBeUndefined();
    vi.advanceTimersByTime(1);
    lane.answered(lane.ask());
    expect(next()).toBe('a');
  });

  it('has four places, one while its endpoint fails, and rests for 100 ms after each failure', () => {
    const placesAfter = (ms: number) => {
      vi.advanceTimersByTime(ms);
      const free = [0, 1, 2, 3, 4].filter((running) => {
        lane.running = running;
        return lane.hasPlace;
      });
      return free.length;
    };
    expect(placesAfter(0)).toBe(4);
    lane.ended(true);
    expect([placesAfter(99), placesAfter(1)]).toEqual([0, 1]);
    lane.ended(false);
    expect(placesAfter(0)).toBe(4);
    lane.judge(true);
    expect(placesAfter(0)).toBe(1);
  });

  it('has one place while nothing is known of its endpoint', () => {
    const unknown = new Lane(randomUUID(), randomUUID());
    unknown.running = 1;
    expect(unknown.hasPlace).toBe(false);
    unknown.judge(false);
    expect(unknown.hasPlace).toBe(true);
  });

  it('gives out everything that has not begun when it is drained', () => {
    for (const body of ['a', 'b', 'c']) lane.hold(work(body));
    lane.next();
    expect(lane.drain().map(({ body }) => body)).toEqual(['b', 'c']);
    expect([lane.size, lane.hasWork]).toEqual([0, false]);
  });
});
