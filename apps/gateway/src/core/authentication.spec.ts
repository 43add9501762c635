import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';

import { checkCredential, credentialRevoked, listSigningKeys, problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import {
  accessToken as token,
  checkedSession,
  claims,
  HEADER,
  ours,
  SESSION_ID,
  signingKeys,
} from '../fixture/access-tokens.js';
import { ReplayedCore } from '../fixture/replayed-core.js';
import { API_KEY, checked, OTHER_ID, USER_ID } from '../fixture/samples.js';
import { Authentication } from './authentication.js';
import { digestOf } from './opaque-token.js';
import { SigningKeys } from './signing-keys.js';

const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
const now = (): number => Math.floor(Date.now() / 1000);
const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

describe('Authentication', () => {
  let core: ReplayedCore;
  let authentication: Authentication;
  const questions = (subject: string) => core.asked.filter((one) => one.subject === subject);

  beforeEach(() => {
    core = new ReplayedCore();
    core.answers(listSigningKeys, signingKeys).answers(checkCredential, ({ sessionId, digest }) => {
      if (sessionId === SESSION_ID) return checkedSession();
      if (digest === digestOf(API_KEY)) return checked();
      throw new Refusal(problem.unauthenticated('credential', 'unknown'));
    });
    const bus = core as unknown as ConstructorParameters<typeof Authentication>[0];
    authentication = new Authentication(bus, new SigningKeys(bus));
    authentication.onModuleInit();
  });
  afterEach(() => vi.useRealTimers());

  it("accepts an access token of identity's, until it expires", async () => {
    const payload = claims();
    const caller = await authentication.byAccessToken(token(HEADER, payload));
    expect(caller?.actor).toMatchObject({ userId: USER_ID, credential: { id: SESSION_ID, kind: 'session' } });
    expect(caller?.expiresAt).toBe((payload.exp + 5) * 1000);
  });

  it.each<[string, () => string]>([
    ['without a signature', () => `${encode({ ...HEADER, alg: 'none' })}.${encode(claims())}.`],
    ['of no algorithm, signed', () => token({ ...HEADER, alg: 'none' })],
    [
      'signed with the public key as a secret',
      () => {
        const signed = `${encode({ ...HEADER, alg: 'HS256' })}.${encode(claims())}`;
        return `${signed}.${createHmac('sha256', pem(ours.publicKey)).update(signed).digest('base64url')}`;
      },
    ],
    [
      'signed with RSA',
      () => {
        const signed = `${encode({ ...HEADER, alg: 'RS256' })}.${encode(claims())}`;
        return `${signed}.${createSign('sha256').update(signed).sign(rsa.privateKey).toString('base64url')}`;
      },
    ],
    ['signed by somebody else', () => token(HEADER, claims(), foreign.privateKey)],
    ['of an unknown key', () => token({ ...HEADER, kid: 'k2' })],
    ['of no key', () => token({ alg: 'ES256', typ: 'at+jwt' })],
    ['of another type', () => token({ ...HEADER, typ: 'JWT' })],
    ['that brings its own key', () => token({ ...HEADER, jku: 'https://evil.example/keys' })],
    ['that brings its own certificate', () => token({ ...HEADER, x5u: 'https://evil.example/cert' })],
    ['that brings its key itself', () => token({ ...HEADER, jwk: {} })],
    ['that brings its certificate itself', () => token({ ...HEADER, x5c: [] })],
    ['that must be read as we do not read it', () => token({ ...HEADER, crit: ['b64'] })],
    ['of another issuer', () => token(HEADER, { ...claims(), iss: 'else' })],
    ['for another audience', () => token(HEADER, { ...claims(), aud: 'else' })],
    ['that has expired', () => token(HEADER, { ...claims(), exp: now() - 6 })],
    ['that never expires', () => token(HEADER, { ...claims(), exp: undefined })],
    ["of another user's session", () => token(HEADER, { ...claims(), sub: OTHER_ID })],
    ['of an ended session', () => token(HEADER, { ...claims(), sid: USER_ID })],
    ['without a session', () => token(HEADER, { ...claims(), sid: undefined })],
    ['that was changed', () => token().replace(/\.[^.]+\./, `.${encode({ ...claims(), sub: OTHER_ID })}.`)],
    ['that is nonsense', () => 'a.b.c'],
  ])('S3 refuses a token %s', async (_, make) => {
    expect(await authentication.byAccessToken(make())).toBeNull();
  });

  it('S3 gives an expired token five seconds for the difference of clocks', async () => {
    expect(await authentication.byAccessToken(token(HEADER, { ...claims(), exp: now() - 2 }))).not.toBeNull();
  });

  it('asks for keys again when it meets an unknown one, but not for every foreign token', async () => {
    await authentication.byAccessToken(token());
    for (const kid of ['x1', 'x2', 'x3']) await authentication.byAccessToken(token({ ...HEADER, kid }));
    expect(questions(listSigningKeys.subject)).toHaveLength(1);
  });

  it('S3 refuses the tokens of a key that identity has taken away, at once where a new one is shown, else within five minutes', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const old = token(HEADER, { ...claims(), exp: now() + 3_600 });
    expect(await authentication.byAccessToken(old)).not.toBeNull();
    core.answers(listSigningKeys, () => ({ ...signingKeys(), keys: [] }));
    vi.setSystemTime(Date.now() + 299_000);
    expect(await authentication.byAccessToken(old)).not.toBeNull();
    vi.setSystemTime(Date.now() + 1_000);
    expect(await authentication.byAccessToken(old)).toBeNull();

    core.answers(listSigningKeys, signingKeys);
    vi.setSystemTime(Date.now() + 5_000);
    expect(await authentication.byAccessToken(old)).not.toBeNull();
    core.answers(listSigningKeys, () => ({ ...signingKeys(), keys: [] }));
    vi.setSystemTime(Date.now() + 5_000);
    await authentication.byAccessToken(token({ ...HEADER, kid: 'k2' }));
    expect(await authentication.byAccessToken(old)).toBeNull();
  });

  it('S3 refuses a token that was good once its time is over', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const one = token(HEADER, { ...claims(), exp: now() + 60 });
    expect(await authentication.byAccessToken(one)).not.toBeNull();
    vi.setSystemTime(Date.now() + 64_000);
    expect(await authentication.byAccessToken(one)).not.toBeNull();
    vi.setSystemTime(Date.now() + 1_000);
    expect(await authentication.byAccessToken(one)).toBeNull();
  });

  it('S3 refuses a token that was good under a key which another one of the same id has replaced', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const one = token(HEADER, { ...claims(), exp: now() + 3_600 });
    expect(await authentication.byAccessToken(one)).not.toBeNull();
    core.answers(listSigningKeys, () => ({
      ...signingKeys(),
      keys: [{ kid: HEADER.kid, publicKey: pem(foreign.publicKey) }],
    }));
    vi.setSystemTime(Date.now() + 300_000);
    expect(await authentication.byAccessToken(one)).toBeNull();
  });

  it('checks the signature of a token that it knows by its content only', async () => {
    const good = token();
    expect(await authentication.byAccessToken(good)).not.toBeNull();
    const [header, payload] = good.split('.');
    const [, , other] = token(HEADER, claims(), foreign.privateKey).split('.');
    expect(await authentication.byAccessToken([header, payload, other].join('.'))).toBeNull();
  });

  it('is unavailable, not unauthenticated, when identity is away', async () => {
    core.connected = false;
    await expect(authentication.byAccessToken(token())).rejects.toMatchObject({ problem: { kind: 'unavailable' } });
    await expect(authentication.byOpaqueValue(API_KEY, ['api-key'])).rejects.toMatchObject({
      problem: { kind: 'unavailable' },
    });
  });

  it('S2 asks for a key by its digest, once in a while', async () => {
    await authentication.byOpaqueValue(API_KEY, ['api-key']);
    const caller = await authentication.byOpaqueValue(API_KEY, ['api-key']);
    expect(caller?.actor.userId).toBe(USER_ID);
    expect(questions(checkCredential.subject).map(({ input }) => input)).toEqual([{ digest: digestOf(API_KEY) }]);
    expect(JSON.stringify(core.asked)).not.toContain(API_KEY);
  });

  it('refuses a credential of a kind that the dialect does not take', async () => {
    expect(await authentication.byOpaqueValue(API_KEY, ['cookie'])).toBeNull();
  });

  it('S2 forgets a revoked credential at once and tells who listens', async () => {
    const caller = await authentication.byOpaqueValue(API_KEY, ['api-key']);
    const told: unknown[] = [];
    const stop = authentication.onRevoked((revoked) => told.push(revoked));
    const revoked = { userId: USER_ID, credentialIds: [OTHER_ID] };
    core.emit(credentialRevoked.subject, revoked);
    core.refuses(checkCredential, problem.unauthenticated('credential', 'revoked'));
    expect(told).toEqual([revoked]);
    expect(await authentication.byOpaqueValue(API_KEY, ['api-key'])).toBeNull();
    expect(caller && (await authentication.stillHolds(caller))).toBe(false);
    stop();
    core.emit(credentialRevoked.subject, revoked);
    expect(told).toHaveLength(1);
  });

  it('does not hold past its expiry', async () => {
    core.answers(checkCredential, () => ({ ...checked(), expiresAt: new Date(Date.now() - 1).toISOString() }));
    expect(await authentication.byOpaqueValue(API_KEY, ['api-key'])).toBeNull();
  });
});
