import { describe, expect, it } from 'vitest';

import { behaviourOf } from './images.js';

describe('image behaviour', () => {
  it.each([
    ['missing', 'missing'],
    ['registry.example:5000/team/crash:1.2', 'crash'],
    ['team/oom@sha256:abc', 'oom'],
    ['slow:latest@sha256:abc', 'slow'],
    ['unready', 'unready'],
    ['crash/web', 'normal'],
    ['crash-loop', 'normal'],
    ['nginx:crash', 'normal'],
    ['normal', 'normal'],
  ])('of %s is %s', (image, expected) => {
    expect(behaviourOf(image)).toBe(expected);
  });
});
