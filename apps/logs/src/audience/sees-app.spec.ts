import type { Actor } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { seesApp } from './sees-app.js';

const kim: Actor = {
  userId: 'kim',
  number: 1,
  username: 'kim',
  email: 'kim@example.org',
  teams: [{ id: 'blue', name: 'blue' }],
  admin: false,
  credential: { id: 'c', kind: 'session', scope: 'full' },
};

describe('seesApp', () => {
  it.each([
    ['the owner', { ownerId: 'kim', teamIds: [] }, kim, true],
    ['whoever shares a team', { ownerId: 'lee', teamIds: ['red', 'blue'] }, kim, true],
    ['an admin', { ownerId: 'lee', teamIds: [] }, { ...kim, admin: true }, true],
    ['a stranger', { ownerId: 'lee', teamIds: [] }, kim, false],
    ['a member of other teams', { ownerId: 'lee', teamIds: ['red'] }, kim, false],
  ])('%s', (_, app, actor, sees) => expect(seesApp(actor, app)).toBe(sees));
});
