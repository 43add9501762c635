import { type ClusterConnection, ClusterError, type ReadLogOptions } from '@slipway/cluster';
import type { Envelope, ListLines } from '@slipway/contracts';
import type { Broker } from '@slipway/messaging';
import type { ServiceLogger } from '@slipway/runtime';
import { describe, expect, it, vi } from 'vitest';

import type { AppAudiences } from '../audience/app-audiences.js';
import { ListLinesHandler } from './list-lines.js';

const MAX_PAYLOAD = 4 * 1024 * 1024;
const never = new Promise<never>(() => undefined);
const written = (count: number, text = 'x') =>
  Array.from({ length: count }, (_, index) => ({
    time: new Date(Date.parse('2026-03-01T10:00:00Z') + index * 10).toISOString(),
    text: `${index + 1} ${text}`,
  }));

describe('listLines', () => {
  type Read = (options: ReadLogOptions) => Promise<{ time: string; text: string }[]>;

  /** One container per pod, whose log is what `logs` says of it. */
  function listOver(logs: Record<string, Read>, list: Promise<object[]> | undefined = undefined) {
    const pods = Object.keys(logs).map((name) => ({
      metadata: { name, namespace: 'shop' },
      spec: { containers: [{ name: 'app' }] },
    }));
    const asked: ReadLogOptions[] = [];
    const cluster = {
      list: () => list ?? Promise.resolve(pods),
      readLog: (options: ReadLogOptions) => {
        asked.push(options);
        return logs[options.pod]?.(options) ?? never;
      },
    };
    const handler = new ListLinesHandler(
      { findVisible: async () => ({ appId: 'a', namespace: 'shop' }) } as unknown as AppAudiences,
      { cluster } as unknown as ClusterConnection,
      { maxPayload: MAX_PAYLOAD } as Broker,
      { warn: () => undefined } as unknown as ServiceLogger,
    );
    const ask = (input: Partial<ListLines> = {}) => handler.handle({ appId: 'a', tail: 100, ...input }, {} as Envelope);
    return { ask, asked };
  }

  /** As a cluster does: the tail, of which it sends the beginning. */
  const reads =
    (lines: ReturnType<typeof written>): Read =>
    ({ tailLines = Infinity, limitBytes = Infinity }) => {
      let bytes = 0;
      const sent = lines
        .slice(-tailLines)
        .filter(({ time, text }) => (bytes += time.length + text.length + 2) <= limitBytes);
      // The rest of the limit is a part of the next line.
      const [next] = lines.slice(-tailLines).slice(sent.length);
      const room = limitBytes - sent.reduce((sum, { time, text }) => sum + time.length + text.length + 2, 0);
      return Promise.resolve(
        next ? [...sent, { ...next, text: next.text.slice(0, room - next.time.length - 2) }] : sent,
      );
    };
  const fails: Read = () =>
    Promise.reject(
      new ClusterError('no answer from the kubelet', { kind: 'unavailable', status: 500, reason: '', retriable: true }),
    );
  const texts = ({ lines }: { lines: { message: string }[] }) => lines.map(({ message }) => message.split(' ')[0]);

  it.each([
    ['fails', fails],
    ['is silent', () => never],
  ])('shows the other pods, and a notice for the one whose node %s', async (_, silent) => {
    vi.useFakeTimers();
    try {
      const asked = listOver({ 'shop-1': silent, 'shop-2': reads(written(3)) }).ask();
      await vi.advanceTimersByTimeAsync(4_000);
      const list = await asked;
      expect(list.lines.map(({ source, pod }) => `${source} ${pod}`)).toEqual([
        'app shop-2',
        'app shop-2',
        'app shop-2',
        'slipway shop-1',
      ]);
      expect(list.lines.at(-1)).toMatchObject({ level: 'warn', message: expect.stringContaining('pod shop-1') });
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    ['no log can be read', { 'shop-1': fails }, undefined],
    ['it does not answer at all', { 'shop-1': fails }, never],
    ['its nodes do not', { 'shop-1': () => never }, undefined],
  ])('says that the cluster is away when %s, while it is still waited for', async (_, logs, list) => {
    vi.useFakeTimers();
    try {
      const refused = listOver(logs, list)
        .ask()
        .catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(4_500);
      expect(await refused).toMatchObject({ problem: { kind: 'unavailable', code: 'cluster_unreachable' } });
    } finally {
      vi.useRealTimers();
    }
  });

  it('gives the newest lines that one answer holds, and says that there are older ones', async () => {
    const { ask } = listOver({ 'shop-1': reads(written(1_000, 'x'.repeat(32 * 1024))) });
    const list = await ask({ tail: 1_000 });
    expect(list.cut).toBe(true);
    expect(texts(list).at(-1)).toBe('1000');
    expect(list.lines.length).toBeGreaterThan(100);
    expect(JSON.stringify(list).length).toBeLessThan(MAX_PAYLOAD - 64 * 1024);
  });

  it('gives lines that are longer than a log may be', async () => {
    const { ask } = listOver({ 'shop-1': reads(written(3, 'x'.repeat(9 * 1024 * 1024))) });
    const list = await ask();
    expect(texts(list)).toEqual(['3']);
    expect(list.cut).toBe(true);
  });

  it.each([
    [100, undefined],
    [99, true],
  ])('says of a tail of %d since a time whether it has all: %s', async (tail, cut) => {
    const { ask } = listOver({ 'shop-1': reads(written(60)), 'shop-2': reads(written(40)) });
    expect((await ask({ tail, since: '2026-03-01T10:00:00Z' })).cut).toBe(cut);
    expect((await ask({ tail })).cut).toBeUndefined();
  });

  it('numbers lines of one time from the first of them, though the tail begins later', async () => {
    const time = '2026-03-01T10:00:00Z';
    const { ask } = listOver({ 'shop-1': reads([1, 2, 3].map((number) => ({ time, text: `${number}` }))) });
    expect((await ask({ tail: 2 })).lines.map(({ number }) => number)).toEqual([2, 3]);
  });

  it('gives the lines from the very time on, though the cluster cuts it to whole seconds', async () => {
    const { ask } = listOver({ shop: reads(written(5)) });
    expect(texts(await ask({ since: '2026-03-01t10:00:00.02z' }))).toEqual(['3', '4', '5']);
  });

  it('asks with a time as the cluster knows it', async () => {
    const { ask, asked } = listOver({ 'shop-1': reads(written(3)) });
    await ask({ since: '2026-03-01t10:00:00.010z' });
    expect(asked[0]?.sinceTime).toBe('2026-03-01T10:00:00.010Z');
  });
});
