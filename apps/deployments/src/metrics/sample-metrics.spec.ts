import { ClusterError, type ClusterErrorKind, type PodMetrics } from '@slipway/cluster';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { SampleMetrics } from './sample-metrics.js';

const pod = {
  metadata: { name: 'shop-1', labels: { 'app.kubernetes.io/instance': 'app' } },
  timestamp: '2026-03-01T10:00:00Z',
  window: '15s',
  containers: [{ name: 'app', usage: { cpu: '10m', memory: '1Mi' } }],
} as unknown as PodMetrics;

describe('SampleMetrics', () => {
  let answer: PodMetrics[] | ClusterErrorKind;
  let asked: number;
  let said: string[];
  let sampler: SampleMetrics;

  beforeEach(() => {
    vi.useFakeTimers({
      now: Date.parse('2026-03-01T10:00:01Z'),
      toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'],
    });
    answer = [pod];
    asked = 0;
    said = [];
    const list = async (): Promise<PodMetrics[]> => {
      asked += 1;
      if (typeof answer !== 'string') return answer;
      throw new ClusterError(answer, { kind: answer, status: 0, reason: '', retriable: true });
    };
    const say = (level: string) => (text: string) => void said.push(`${level}: ${text}`);
    const logger = { info: say('info'), warn: say('warn') };
    sampler = new SampleMetrics({ cluster: { list } } as never, logger as never);
    sampler.onApplicationBootstrap();
  });
  afterEach(async () => {
    await sampler.onModuleDestroy();
    vi.useRealTimers();
  });

  const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

  it('asks at once and every fifteen seconds, without a word', async () => {
    await pass(0);
    expect(sampler.usage.of('app')).toMatchObject({ pods: [{ name: 'shop-1' }] });
    await pass(60);
    expect([asked, said]).toEqual([5, []]);
  });

  it.each<ClusterErrorKind>(['not_found', 'unavailable', 'forbidden'])(
    'says once that there are no metrics (%s), asks more seldom, and says once that there are some',
    async (kind) => {
      answer = kind;
      await pass(600);
      expect(said).toEqual(['info: the cluster has no metrics of pods']);
      expect(asked).toBe(11);
      answer = [pod];
      await pass(120);
      expect(said.slice(1)).toEqual(['info: the cluster has metrics of pods now']);
      expect(sampler.usage.of('app')).toBeDefined();
    },
  );

  it('says nothing of a cluster that does not answer at all', async () => {
    answer = 'unreachable';
    await pass(600);
    expect(said).toEqual([]);
  });

  it.each<ClusterErrorKind>(['unreachable', 'unavailable'])(
    'forgets the newest sample a minute and a half after the cluster fell silent (%s)',
    async (kind) => {
      await pass(0);
      answer = kind;
      await pass(80);
      expect(sampler.usage.of('app')).toBeDefined();
      await pass(120);
      expect(sampler.usage.of('app')).toBeUndefined();
    },
  );

  it('asks no more once it is stopped', async () => {
    await pass(0);
    await sampler.onModuleDestroy();
    await pass(60);
    expect(asked).toBe(1);
  });
});
