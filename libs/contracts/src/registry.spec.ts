import { describe, expect, it } from 'vitest';

import { operations } from './registry.js';

describe('the registry', () => {
  it('holds every subject once', () => {
    const subjects = operations.map((operation) => operation.subject);
    expect(new Set(subjects).size).toBe(subjects.length);
    expect(subjects.length).toBeGreaterThan(30);
  });
});
