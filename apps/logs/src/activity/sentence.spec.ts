import type { AppFacts } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import {
  sentenceOfCreated,
  sentenceOfDeleted,
  sentenceOfDeleting,
  sentenceOfDomainAdded,
  sentenceOfDomainFailed,
  sentenceOfDomainRemoved,
  sentenceOfDomainVerified,
  sentenceOfPhase,
  sentenceOfRestarted,
  sentenceOfScaled,
  sentenceOfUpdated,
} from './sentence.js';

const app: AppFacts = {
  id: 'a',
  name: 'shop',
  environment: { id: 'e', name: 'shop', namespace: 'shop', kind: 'dedicated' },
  ownerId: 'u',
  teams: [],
  origin: 'container-engine',
  version: 1,
};
const actor = { userId: 'u', username: 'kim' };
const domain = { id: 'd', host: 'shop.example.net', reason: '' };
const phase = { app, from: 'deploying', url: null, after: null, readyOnce: true } as const;

describe('the sentence of an activity', () => {
  it.each([
    [sentenceOfCreated({ app, actor, revision: 1, replicas: 2 }), 'kim created shop with 2 replicas.'],
    [sentenceOfCreated({ app, actor: null, revision: 1, replicas: 1 }), 'Slipway created shop with 1 replica.'],
    [
      sentenceOfUpdated({ app, actor, changes: ['image', 'health_check', 'variables'], revision: 3 }),
      'kim changed image, health check and variables of shop, now revision 3.',
    ],
    [sentenceOfUpdated({ app, actor, changes: ['description'], revision: null }), 'kim changed description of shop.'],
    [sentenceOfRestarted({ app, actor, revision: 3 }), 'kim restarted shop.'],
    [sentenceOfScaled({ app, actor, old: 1, new: 3 }), 'kim scaled shop from 1 to 3 replicas.'],
    [sentenceOfScaled({ app, actor, old: 2, new: 0 }), 'kim stopped shop.'],
    [sentenceOfScaled({ app, actor, old: 0, new: 2 }), 'kim started shop with 2 replicas.'],
    [sentenceOfPhase({ ...phase, to: 'running', reason: '', message: '' }), 'shop is running.'],
    [
      sentenceOfPhase({ ...phase, to: 'failed', reason: 'ImagePullBackOff', message: 'not found' }),
      'shop failed: ImagePullBackOff: not found.',
    ],
    [sentenceOfDomainAdded({ app, actor, domain }), 'kim added the domain shop.example.net to shop.'],
    [sentenceOfDomainVerified({ app, actor: null, domain }), 'The domain shop.example.net of shop is verified.'],
    [
      sentenceOfDomainFailed({ app, actor: null, domain: { ...domain, reason: 'No record.' } }),
      'The domain shop.example.net of shop is not verified: No record.',
    ],
    [sentenceOfDomainRemoved({ app, actor, domain }), 'kim removed the domain shop.example.net from shop.'],
    [sentenceOfDeleting({ app, actor }), 'kim deleted shop.'],
    [sentenceOfDeleted({ app }), 'shop is gone from the cluster.'],
  ])('%s', (sentence, expected) => expect(sentence).toBe(expected));

  it('stays within what an entry may hold', () => {
    const sentence = sentenceOfPhase({ ...phase, to: 'failed', reason: 'x'.repeat(128), message: 'y'.repeat(4096) });
    expect(sentence).toHaveLength(4096);
  });
});
