import { randomUUID } from 'node:crypto';

import {
  checkCredential,
  credentialRevoked,
  listEndedCredentials,
  problem,
  type CredentialId,
  type ListEndedCredentials,
} from '@slipway/contracts';
import type { Broker, Bus } from '@slipway/messaging';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ReplayedCore } from '../fixture/replayed-core.js';
import { API_KEY, checked, OTHER_ID, USER_ID } from '../fixture/samples.js';
import { Authentication } from './authentication.js';
import { CredentialWatch } from './credential-watch.js';
import type { Caller } from './http-call.js';
import { LiveSubjects } from './live-subjects.js';
import { SigningKeys } from './signing-keys.js';

describe('CredentialWatch', () => {
  let core: ReplayedCore;
  let authentication: Authentication;
  let live: LiveSubjects;
  let watch: CredentialWatch;
  let caller: Caller;
  let ended: string[];
  let reconnect: () => void;

  async function* statuses() {
    for (;;) {
      await new Promise<void>((resolve) => (reconnect = resolve));
      yield { type: 'reconnect' };
    }
  }
  const present = async (): Promise<Caller> => {
    const found = await authentication.byOpaqueValue(API_KEY, ['api-key']);
    if (!found) throw new Error('the key holds');
    return found;
  };
  const end = (name: string) => (): void => void ended.push(name);
  const revoke = (): unknown =>
    core
      .refuses(checkCredential, problem.unauthenticated('credential', 'It was revoked.'))
      .answers(listEndedCredentials, ({ ids }) => ({ ids }));

  beforeEach(async () => {
    vi.useFakeTimers();
    ended = [];
    core = new ReplayedCore();
    core.answers(checkCredential, () => checked()).answers(listEndedCredentials, () => ({ ids: [] }));
    const bus = core as unknown as Bus;
    authentication = new Authentication(bus, new SigningKeys(bus));
    authentication.onModuleInit();
    live = new LiveSubjects(bus, { connection: { status: statuses } } as unknown as Broker);
    live.onModuleInit();
    watch = new CredentialWatch(authentication, live);
    caller = await present();
    core.asked.length = 0;
  });
  afterEach(() => {
    watch.onModuleDestroy();
    vi.useRealTimers();
  });

  it('S2 ends what a credential holds open within five seconds of a revocation that was lost, and asks once for all of it', async () => {
    for (const name of ['one', 'two', 'three']) watch.watch(caller, end(name));
    revoke();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(ended).toEqual(['one', 'two', 'three']);
    expect(core.asked).toHaveLength(1);
  });

  it('S2 asks identity itself, though requests under the credential were let in a moment before', async () => {
    watch.watch(caller, end('one'));
    await vi.advanceTimersByTimeAsync(3_900);
    await present();
    core.asked.length = 0;
    await vi.advanceTimersByTimeAsync(99);
    await present();
    expect(core.asked).toEqual([]);
    revoke();
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toEqual(['one']);
    expect(await authentication.byOpaqueValue(API_KEY, ['api-key'])).toBeNull();
  });

  it('S2 asks about five hundred credentials in one question, and ends those that have ended', async () => {
    const ids = Array.from({ length: 501 }, () => randomUUID() as CredentialId);
    for (const id of ids) {
      watch.watch({ ...caller, actor: { ...caller.actor, credential: { ...caller.actor.credential, id } } }, end(id));
    }
    const gone = [ids[3], ids[500]];
    core.answers(listEndedCredentials, (asked) => ({ ids: asked.ids.filter((id) => gone.includes(id)) }));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(ended).toEqual(gone);
    expect(core.asked.map(({ input }) => (input as ListEndedCredentials).ids.length)).toEqual([500, 1]);
  });

  it('S2 asks within a second after the broker is back', async () => {
    watch.watch(caller, end('one'));
    await vi.advanceTimersByTimeAsync(0);
    revoke();
    reconnect();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ended).toEqual(['one']);
  });

  it('ends nothing while there is nobody to ask, and goes on asking', async () => {
    watch.watch(caller, end('one'));
    core.connected = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ended).toEqual([]);
    core.connected = true;
    revoke();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(ended).toEqual(['one']);
  });

  it('ends at once what is revoked, or all of the user when no credential is named, and nothing of others', () => {
    watch.watch(caller, end('one'));
    const stop = watch.watch(caller, end('stopped'));
    core.emit(credentialRevoked.subject, { userId: USER_ID, credentialIds: [USER_ID] });
    core.emit(credentialRevoked.subject, { userId: OTHER_ID, credentialIds: [] });
    expect(ended).toEqual([]);
    stop();
    core.emit(credentialRevoked.subject, { userId: USER_ID, credentialIds: [OTHER_ID] });
    core.emit(credentialRevoked.subject, { userId: USER_ID, credentialIds: [] });
    expect(ended).toEqual(['one', 'one']);
  });

  it('ends what an access token opened when it expires, and nothing that another token of its session opened', async () => {
    watch.watch({ ...caller, expiresAt: Date.now() + 1_000 }, end('short'));
    watch.watch({ ...caller, expiresAt: Date.now() + 3_600_000 }, end('long'));
    await vi.advanceTimersByTimeAsync(999);
    expect(ended).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ended).toEqual(['short']);
  });

  it('asks about nothing that is not open any more', async () => {
    const stops = [watch.watch(caller, end('one')), watch.watch(caller, end('two'))];
    for (const stop of stops) stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(core.asked).toEqual([]);
  });
});
