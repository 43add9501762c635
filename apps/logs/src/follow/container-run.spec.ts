import type { V1Pod } from '@slipway/cluster';
import { describe, expect, it } from 'vitest';

import { runOf } from './container-run.js';

const terminated = { exitCode: 1 };
const pod = (status: object): V1Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web' },
  status: {
    initContainerStatuses: [
      { name: 'first', restartCount: 0, state: { terminated }, image: '', imageID: '', ready: true },
    ],
    containerStatuses: [{ name: 'app', restartCount: 2, image: '', imageID: '', ready: false, ...status }],
  },
});

describe('runOf', () => {
  it.each([
    ['that runs', { state: { running: {} } }, { number: 2, ended: false }],
    ['that has ended', { state: { terminated } }, { number: 2, ended: true }],
    ['that waits for its restart', { state: { waiting: {} }, lastState: { terminated } }, { number: 2, ended: true }],
    ['that has never run', { state: { waiting: {} } }, undefined],
  ])('of a container %s', (_, status, run) => expect(runOf(pod(status), 'app')).toEqual(run));

  it('of an init container', () => expect(runOf(pod({}), 'first')).toEqual({ number: 0, ended: true }));

  it('is unknown before the kubelet tells', () => expect(runOf(pod({}), 'absent')).toBeUndefined());
});
