import { describe, expect, it } from 'vitest';

import { shapeRelease } from './shape-release.js';

describe('the shape of a release', () => {
  it('has what every client may rely on, whatever the record lacks', () => {
    expect(shapeRelease({ name: 'web', version: 1, info: {}, chart: {} }, 'billing')).toEqual({
      name: 'web',
      version: 1,
      namespace: 'billing',
      info: { first_deployed: '', last_deployed: '', deleted: '' },
      chart: { metadata: null, lock: null, templates: null, values: null, schema: null, files: null },
    });
  });

  it('leaves out what says nothing, and passes on what it does not know', () => {
    const record = {
      name: '',
      version: 0,
      namespace: 'own',
      manifest: '',
      config: {},
      hooks: [],
      more: null,
      info: { status: 'failed', notes: '', description: null, deleted: '', first_deployed: 'x', resources: {} },
      chart: {
        metadata: { name: 'web', icon: '', keywords: [], deprecated: false, type: null, extra: '' },
        values: {},
        templates: [{ name: 't', data: 'eA==' }],
        other: 1,
      },
    };
    expect(shapeRelease(record, 'billing')).toEqual({
      namespace: 'own',
      more: null,
      info: { status: 'failed', first_deployed: 'x', last_deployed: '', deleted: '', resources: {} },
      chart: {
        metadata: { name: 'web', extra: '' },
        ...{ lock: null, schema: null, files: null },
        values: {},
        templates: [{ name: 't', data: 'eA==' }],
        other: 1,
      },
    });
  });

  it('tells of each hook whether it ran', () => {
    const hooks = [{ name: 'a' }, { name: 'b', last_run: { phase: 'Succeeded', started_at: 'x' } }];
    expect(shapeRelease({ hooks }, 'n')).toMatchObject({
      hooks: [
        { name: 'a', last_run: { started_at: '', completed_at: '', phase: '' } },
        { name: 'b', last_run: { started_at: 'x', completed_at: '', phase: 'Succeeded' } },
      ],
    });
  });
});
