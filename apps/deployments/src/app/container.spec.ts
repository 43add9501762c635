import { describe, expect, it } from 'vitest';

import { registryOf } from './container.js';

describe('registryOf', () => {
  it.each([
    ['nginx', 'docker.io'],
    ['library/nginx:1', 'docker.io'],
    ['ghcr.io/a/b@sha256:abc', 'ghcr.io'],
    ['localhost/a', 'localhost'],
    ['registry:5000/a', 'registry:5000'],
  ])('of %s', (image, registry) => expect(registryOf(image)).toBe(registry));
});
