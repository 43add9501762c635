import { describe, expect, it } from 'vitest';

import { parseEnvironment } from './environment.js';

describe('the environment', () => {
  it('has defaults for all but the folder', () => {
    expect(parseEnvironment({ EMBEDDED_CLUSTER_DATA_DIR: '/data' })).toEqual({
      port: 6443,
      dataDir: '/data',
      names: [],
      host: '0.0.0.0',
    });
  });

  it('takes a port, names and an address', () => {
    const variables = {
      EMBEDDED_CLUSTER_PORT: '0',
      EMBEDDED_CLUSTER_DATA_DIR: '/data',
      EMBEDDED_CLUSTER_HOST: 'cluster, 127.0.0.7',
      EMBEDDED_CLUSTER_LISTEN: '127.0.0.7',
    };
    expect(parseEnvironment(variables)).toEqual({
      port: 0,
      dataDir: '/data',
      names: ['cluster', '127.0.0.7'],
      host: '127.0.0.7',
    });
  });

  it.each(['many', '-1', '70000', '1.5'])('names every problem at once, for the port %s', (port) => {
    expect(parseEnvironment({ EMBEDDED_CLUSTER_PORT: port })).toEqual({
      problems: [
        expect.stringContaining('EMBEDDED_CLUSTER_PORT'),
        expect.stringContaining('EMBEDDED_CLUSTER_DATA_DIR'),
      ],
    });
  });
});
