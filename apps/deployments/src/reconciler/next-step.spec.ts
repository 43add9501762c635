import { describe, expect, it } from 'vitest';

import { withNextStep } from './next-step.js';

describe('withNextStep', () => {
  it.each([
    [
      'ErrImagePull',
      'pulling from host r.example.org failed with status code [manifests 1]: 401 Unauthorized',
      'credentials',
    ],
    ['ImagePullBackOff', 'pull access denied, repository does not exist or may require authorization', 'credentials'],
    [
      'ImagePullBackOff',
      'failed to resolve reference "r.example.org/shop:9": r.example.org/shop:9: not found',
      'push it',
    ],
    ['ImagePullBackOff', 'dial tcp 192.0.2.1:443: i/o timeout', 'reach its registry'],
    ['CreateContainerConfigError', 'container has runAsNonRoot and image will run as root', 'another user than root'],
    ['OOMKilled', 'container app ran out of memory', 'memory limit'],
    ['CrashLoopBackOff', 'container app ended with exit code 1', 'log'],
    ['Unschedulable', '0/1 nodes are available: 1 Insufficient cpu.', 'less CPU'],
    ['ContainersNotReady', 'containers with unready status: [app]', 'health check'],
    ['ProgressDeadlineExceeded', 'ReplicaSet "shop-1" has timed out progressing.', 'health check'],
    ['SomeFinalizersRemain', 'the Service "shop" has the finalizer example.com/hold', 'by hand'],
    ['ExceededQuota', 'pods "shop-1" is forbidden: exceeded quota: slipway', 'quota'],
  ])('says what to do about %s: %s', (reason, said, step) => {
    const { message } = withNextStep({ reason, message: said });
    const [cause = '', next = ''] = message.split(/\. (?=[A-Z][^.]*$)/);
    expect(cause).toBe(said.replace(/\.$/, ''));
    expect(next).toContain(step);
  });

  it('leaves the words of a reason that it does not know', () => {
    const trouble = { reason: 'FailedCreate', message: 'violates PodSecurity "restricted:latest".' };
    expect(withNextStep(trouble)).toEqual(trouble);
  });

  it.each(['ExceededQuota', 'FailedCreate'])('cuts a message that is too long: %s', (reason) => {
    expect(withNextStep({ reason, message: 'x'.repeat(9000) }).message).toHaveLength(4096);
  });
});
