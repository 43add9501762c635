import type { PodView } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { app, appIn } from '../../fixture/samples.js';
import { durationText, errorMessageOf, filterOf, statusOf, statusOfApp, toDeploymentStatus } from './status.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const counts = (desired: number, ready: number) => ({ counts: { desired, ready, updated: ready, available: ready } });
const pod = (startedAt: string | null, ready = true): PodView => ({
  name: 'shop-1',
  phase: 'Running',
  ready,
  restarts: 0,
  createdAt: '2026-03-01T10:00:00Z',
  startedAt,
  node: null,
  ip: null,
  reason: '',
  message: '',
});

describe('statusOf', () => {
  it('tells a first deployment from a start', () => {
    expect(statusOf('deploying', false)).toBe('deploying');
    expect(statusOf('deploying', true)).toBe('starting');
    expect(statusOf('updating', true)).toBe('updating');
    expect(statusOfApp(appIn('deploying', {}, { readyOnce: false }))).toBe('deploying');
  });
});

describe('filterOf', () => {
  it.each([
    [['running', 'failed'], { phases: ['running', 'failed'] }],
    [['starting'], { phases: ['deploying'], readyOnce: true }],
    [['deploying', 'running'], { phases: ['deploying', 'running'], readyOnce: false }],
    [['deploying', 'starting'], { phases: ['deploying'] }],
  ] as const)('by %j asks for %j', (statuses, filter) => expect(filterOf(statuses)).toEqual(filter));
});

describe('errorMessageOf', () => {
  it.each([
    ['failed', 'OOMKilled', 'used too much', 'OOMKilled: used too much'],
    ['failed', 'OOMKilled', '', 'OOMKilled'],
    ['failed', '', '', null],
    ['pending', 'ClusterUnreachable', 'no answer', null],
  ] as const)('of %s, %j, %j', (phase, reason, message, text) =>
    expect(errorMessageOf({ phase, reason, message })).toBe(text),
  );
});

describe('durationText', () => {
  it.each([
    [-1, '0s'],
    [0, '0s'],
    [999, '0s'],
    [723_000, '12m3s'],
    [3_605_000, '1h0m5s'],
    [((2 * 24 + 3) * 3600 + 5) * 1000, '2d3h0m5s'],
  ])('of %i ms', (ms, text) => expect(durationText(ms)).toBe(text));
});

describe('toDeploymentStatus', () => {
  it.each([
    ['healthy', appIn('running', {}, counts(2, 2))],
    ['healthy', appIn('updating', {}, counts(2, 3))],
    ['degraded', appIn('scaling', {}, counts(2, 1))],
    ['degraded', appIn('failed', {}, counts(2, 1))],
    ['unhealthy', appIn('failed', {}, counts(2, 0))],
    ['unknown', appIn('deploying', {}, counts(2, 0))],
    ['unknown', appIn('running', {}, { ...counts(2, 2), reason: 'ClusterUnreachable' })],
    ['inactive', appIn('stopped', { stopped: true }, counts(0, 0))],
    ['inactive', appIn('stopping', { stopped: true }, counts(0, 1))],
  ])('is %s', (health, view) => expect(toDeploymentStatus(view, NOW).health).toBe(health));

  it('counts the uptime of the oldest ready pod', () => {
    const pods = [
      pod('2026-03-01T11:59:00Z'),
      pod('2026-03-01T11:00:00Z'),
      pod('2026-03-01T09:00:00Z', false),
      pod(null),
    ];
    expect(toDeploymentStatus({ ...app, pods }, NOW).uptime).toBe('1h0m0s');
    expect(toDeploymentStatus(app, NOW).uptime).toBe('0s');
  });
});
