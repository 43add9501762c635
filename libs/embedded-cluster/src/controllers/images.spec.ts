import { describe, expect, it } from 'vitest';

import { behaviourOf } from './images.js';

describe('image behaviour', () => {
  it.each([
    ['missing', 'missing'],
    ['registry.example:5000/team/crash:1.2', 'crash'],
    ['team/memory@sha256:abc', 'memory'],
    ['slow:latest@sha256:abc', 'slow'],
    ['unready', 'unready'],
    ['crash/web', 'web'],
    ['crash-loop', 'other'],
    ['nginx:crash', 'other'],
    ['nginx', 'other'],
  ])('of %s is %s', (image, expected) => {
    expect(behaviourOf(image)).toBe(expected);
  });
});
