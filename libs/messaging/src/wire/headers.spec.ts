import type { Actor, Envelope } from '@slipway/contracts';
import { headers as createHeaders } from '@nats-io/nats-core';
import { describe, expect, it } from 'vitest';

import { EnvelopeError, fromHeaders, Header, toHeaders } from './headers.js';

const actor: Actor = {
  userId: 'u',
  number: 7,
  username: 'köln',
  email: 'kim@example.org',
  teams: [{ id: 't', name: 'Übung\r\nX: y' }],
  admin: false,
  credential: { id: 'c', kind: 'api-key', scope: 'full' },
};
const envelope: Envelope = {
  messageId: 'm',
  operationId: 'o',
  requestHash: 'h',
  correlationId: 'c',
  causationId: 'b',
  occurredAt: 1_772_359_207_123,
  actor,
  dialect: 'tsuru',
  deadline: 1_700_000_000_000,
  replyTo: '_INBOX_gateway.x',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

describe('the envelope', () => {
  it('comes back from headers as it was', () => {
    expect(fromHeaders(toHeaders(envelope))).toEqual(envelope);
  });

  it('is ASCII without line breaks, whatever names hold', () => {
    expect(toHeaders(envelope).get(Header.actor)).toMatch(/^[\x20-\x7e]+$/);
  });

  it('leaves out what is absent', () => {
    const least = { messageId: 'm', operationId: 'o', correlationId: 'c' };
    expect(toHeaders(least).keys().sort()).toEqual(['Nats-Msg-Id', 'Slipway-Correlation', 'Slipway-Operation']);
    expect(fromHeaders(toHeaders(least))).toEqual(least);
  });

  it.each([Header.messageId, Header.operationId, Header.correlationId])('needs %s', (name) => {
    const headers = toHeaders(envelope);
    headers.delete(name);
    expect(() => fromHeaders(headers)).toThrow(new EnvelopeError(`the header ${name} is missing`));
    expect(() => fromHeaders(undefined)).toThrow(EnvelopeError);
  });

  it.each([
    [Header.actor, 'Kim'],
    [Header.actor, '5'],
    [Header.deadline, 'soon'],
  ])('refuses %s: %s', (name, value) => {
    const headers = createHeaders();
    for (const key of toHeaders(envelope).keys()) headers.set(key, toHeaders(envelope).get(key));
    headers.set(name, value);
    expect(() => fromHeaders(headers)).toThrow(EnvelopeError);
  });
});
