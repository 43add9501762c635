import { describe, expect, it } from 'vitest';

import { effectiveResources, requestAboveLimit } from './resources.js';

describe('effectiveResources', () => {
  const all = { cpuRequest: '100m', memoryRequest: '128Mi', cpuLimit: '500m', memoryLimit: '512Mi' };

  it.each([
    ['nothing', undefined, all],
    ['nothing inside', {}, all],
    [
      'a request above the default limit raises the limit',
      { cpuRequest: '2' },
      { ...all, cpuRequest: '2', cpuLimit: '2' },
    ],
    [
      'a limit below the default request lowers the request',
      { memoryLimit: '64Mi' },
      { ...all, memoryRequest: '64Mi', memoryLimit: '64Mi' },
    ],
    [
      'a given pair stays as written',
      { cpuRequest: '0.25', cpuLimit: '1000m' },
      { ...all, cpuRequest: '0.25', cpuLimit: '1000m' },
    ],
    ['cpu does not touch memory', { cpuLimit: '50m' }, { ...all, cpuRequest: '50m', cpuLimit: '50m' }],
  ])('%s', (_, written, effective) => {
    expect(effectiveResources(written)).toEqual(effective);
  });
});

describe('requestAboveLimit', () => {
  it.each([
    [{ cpuRequest: '2', cpuLimit: '1' }, 'cpuRequest'],
    [{ memoryRequest: '1Gi', memoryLimit: '1G' }, 'memoryRequest'],
    [{ cpuRequest: '1', cpuLimit: '1000m' }, null],
    [{ cpuRequest: '2' }, null],
    [undefined, null],
  ])('finds in %j: %s', (written, field) => {
    expect(requestAboveLimit(written)).toBe(field);
  });
});
