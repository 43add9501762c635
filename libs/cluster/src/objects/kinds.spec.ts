import { describe, expect, it } from 'vitest';

import { collectionPath, objectPath } from './kinds.js';

describe('collectionPath', () => {
  it('knows core and grouped kinds, of a namespace and of the cluster', () => {
    expect(collectionPath('Pod', 'docks')).toBe('/api/v1/namespaces/docks/pods');
    expect(collectionPath('Pod', undefined)).toBe('/api/v1/pods');
    expect(collectionPath('Deployment', 'docks')).toBe('/apis/apps/v1/namespaces/docks/deployments');
    expect(collectionPath('Namespace', 'ignored')).toBe('/api/v1/namespaces');
  });
});

describe('objectPath', () => {
  it('names one object', () => {
    expect(objectPath('Secret', 'docks', 'sh.helm.release.v1.web.v1')).toBe(
      '/api/v1/namespaces/docks/secrets/sh.helm.release.v1.web.v1',
    );
    expect(objectPath('Role', 'docks', 'system:leader')).toBe(
      '/apis/rbac.authorization.k8s.io/v1/namespaces/docks/roles/system%3Aleader',
    );
  });

  it.each(['..', '.', '', '../../secrets/token', 'a/b', 'a%2fb', 'a?b', 'a#b', 'ü', 'a\n', `a${'b'.repeat(253)}`])(
    'S13 refuses the name %j, which would lead elsewhere',
    (name) => {
      expect(() => objectPath('Pod', 'docks', name)).toThrow(/no name/);
      expect(() => objectPath('Pod', name, 'web')).toThrow(/no name/);
    },
  );

  it('refuses a namespaced kind without its namespace', () => {
    expect(() => objectPath('Pod', undefined, 'web')).toThrow('Pod "web" needs a namespace');
  });
});
