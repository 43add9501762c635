// Turns what was presented into who asks. The signature of an access token is checked here, by passport-jwt; whether its session, or
// a key, still holds is identity's word. The strategies live in an Authenticator of this gateway: passport's usual one is shared by
// the whole process.
import { randomUUID } from 'node:crypto';

import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import {
  checkCredential,
  credentialRevoked,
  listEndedCredentials,
  type CheckCredential,
  type CredentialId,
  type CredentialKind,
  type CredentialRevoked,
  type SigningKey,
} from '@slipway/contracts';
import { Bus, Refusal, type LiveSubscription } from '@slipway/messaging';
import passport from 'passport';
import { Strategy as JwtStrategy, type VerifiedCallback } from 'passport-jwt';

import { isDropped } from '@slipway/runtime';
import { CallerCache } from './caller-cache.js';
import type { Caller } from './http-call.js';
import { digestOf } from './opaque-token.js';
import { SigningKeys } from './signing-keys.js';
import { VerifiedTokens, type VerifiedToken } from './verified-tokens.js';

const LEEWAY_SECONDS = 5;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Header fields by which a token would bring its own key. */
const FOREIGN_KEY_FIELDS = ['jku', 'jwk', 'x5u', 'x5c', 'crit'];

type Claims = VerifiedToken['claims'];

/** What a strategy gets to see instead of a request. */
interface Presented {
  readonly value: string;
  /** The key by which an access token is checked, once it is known. */
  key?: SigningKey;
}

/** For passport: an opaque value, which identity knows by its digest. */
class OpaqueStrategy extends passport.Strategy {
  constructor(private readonly check: (value: string) => Promise<Caller | null>) {
    super();
  }

  override authenticate(request: unknown): void {
    this.check((request as Presented).value).then(
      (caller) => (caller ? this.success(caller) : this.fail(401)),
      (error: unknown) => this.error(error),
    );
  }
}

@Injectable()
export class Authentication implements OnModuleInit, OnModuleDestroy {
  private readonly passport = new passport.Authenticator();
  private readonly callers = new CallerCache();
  private readonly verified = new VerifiedTokens();
  private readonly listeners = new Set<(revoked: CredentialRevoked) => void>();
  private subscription: LiveSubscription | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly signingKeys: SigningKeys,
  ) {
    this.passport.use('access-token', this.accessTokenStrategy());
    this.passport.use('opaque', new OpaqueStrategy((value) => this.check({ digest: digestOf(value) })));
  }

  onModuleInit(): void {
    this.subscription = this.bus.subscribe(credentialRevoked.subject, ({ payload }) => {
      if (!isDropped('identity.cache-stale')) this.forget(payload as CredentialRevoked);
    });
  }

  onModuleDestroy(): void {
    this.subscription?.unsubscribe();
  }

  /** A JWT of identity's; null when it does not hold, for whatever reason. @throws Refusal when identity is away */
  async byAccessToken(token: string): Promise<Caller | null> {
    const verified = this.verified.get(token);
    if (verified && (await this.stillFits(verified))) return this.callerOf(verified.claims);
    return this.authenticate('access-token', token);
  }

  /** An opaque credential of one of the kinds that the dialect takes; null when it does not hold. @throws Refusal */
  async byOpaqueValue(value: string, kinds: readonly CredentialKind[]): Promise<Caller | null> {
    const caller = await this.authenticate('opaque', value);
    return caller && kinds.includes(caller.actor.credential.kind) ? caller : null;
  }

  /** The number of a user whose account is deleted, for an opaque value that was good until then; null for any other. @throws Refusal */
  async deletedAccount(value: string): Promise<number | null> {
    try {
      await this.bus.query(checkCredential, { digest: digestOf(value) }, { correlationId: randomUUID() });
      return null;
    } catch (error) {
      if (!(error instanceof Refusal) || error.problem.kind !== 'unauthenticated') throw error;
      const { code, facts } = error.problem;
      return code === 'account_deleted' ? Number(facts?.['number']) : null;
    }
  }

  /** Whether a credential that was good still is, as far as is known within five seconds. @throws Refusal */
  async stillHolds(caller: Caller): Promise<boolean> {
    if (caller.expiresAt !== null && caller.expiresAt <= Date.now()) return false;
    return (await this.check(caller.lookup)) !== null;
  }

  /** Which of up to five hundred credentials have ended, whenever tokens of them expire; identity is asked now. @throws Refusal */
  async endedOf(ids: CredentialId[]): Promise<CredentialId[]> {
    return (await this.bus.query(listEndedCredentials, { ids }, { correlationId: randomUUID() })).ids;
  }

  /** Drops what is known of revoked credentials and tells who holds streams open for them. Called at once where a request revoked. */
  forget(revoked: CredentialRevoked): void {
    this.callers.revoke(revoked);
    for (const listener of this.listeners) listener(revoked);
  }

  /** The same for an opaque value that has ended. */
  forgetValue(value: string): void {
    const caller = this.callers.peek(digestOf(value));
    if (caller) this.forget({ userId: caller.actor.userId, credentialIds: [caller.actor.credential.id] });
  }

  /** Calls `listener` on every revocation; returns how to stop that. */
  onRevoked(listener: (revoked: CredentialRevoked) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private authenticate(strategy: 'access-token' | 'opaque', value: string): Promise<Caller | null> {
    return new Promise((resolve, reject) => {
      const done = (error: unknown, caller?: Caller | false | null, why?: unknown): void => {
        // passport-jwt reports a key that could not be had as a failure of the token.
        const failure = error ?? (why instanceof Refusal ? why : undefined);
        if (failure) reject(failure instanceof Error ? failure : new Error('the credential could not be checked'));
        else resolve(caller || null);
      };
      const presented: Presented = { value };
      const authenticate = this.passport.authenticate(strategy, { session: false }, done) as (
        request: Presented,
        response: object,
        next: (error: unknown) => void,
      ) => void;
      authenticate(presented, {}, done);
    });
  }

  private accessTokenStrategy(): JwtStrategy {
    const options = {
      jwtFromRequest: (request: unknown) => (request as Presented).value,
      secretOrKeyProvider: (request: unknown, token: string, done: (error: unknown, key?: string) => void): void => {
        this.keyFor(token).then(
          (key) => {
            (request as Presented).key = key;
            done(null, key.publicKey);
          },
          (error: unknown) => done(error),
        );
      },
      algorithms: ['ES256' as const],
      jsonWebTokenOptions: { clockTolerance: LEEWAY_SECONDS },
      passReqToCallback: true as const,
    };
    return new JwtStrategy(options, (request: unknown, claims: Claims, done: VerifiedCallback) => {
      const { value, key } = request as Presented;
      if (key) this.verified.add(value, { claims, key });
      this.callerOf(claims).then(
        (caller) => done(null, caller ?? false),
        (error: unknown) => done(error, false),
      );
    });
  }

  private async keyFor(token: string): Promise<SigningKey> {
    const header = headerOf(token);
    const { kid } = header;
    if (header.alg !== 'ES256' || header.typ !== 'at+jwt' || typeof kid !== 'string' || kid === '') throw new Unfit();
    if (FOREIGN_KEY_FIELDS.some((field) => field in header)) throw new Unfit();
    const key = await this.signingKeys.find(kid);
    if (!key) throw new Unfit();
    return key;
  }

  /** Whether what may change since the signature was checked has not: the key is published, the time is not over. */
  private async stillFits({ claims, key }: VerifiedToken): Promise<boolean> {
    if (endOf(claims) <= Date.now()) return false;
    return (await this.signingKeys.find(key.kid))?.publicKey === key.publicKey;
  }

  private async callerOf(claims: Claims): Promise<Caller | null> {
    const { iss, aud, sub, sid, exp } = claims;
    const { published } = this.signingKeys;
    if (iss !== published?.issuer || aud !== published?.audience) return null;
    if (typeof sid !== 'string' || !UUID.test(sid) || typeof exp !== 'number') return null;
    const caller = await this.check({ sessionId: sid });
    if (!caller || caller.actor.userId !== sub) return null;
    return { ...caller, expiresAt: endOf(claims) };
  }

  private async check(lookup: CheckCredential): Promise<Caller | null> {
    const key = lookup.digest ?? `session ${lookup.sessionId}`;
    const ask = async (): Promise<Caller | null> => {
      try {
        const { actor, expiresAt } = await this.bus.query(checkCredential, lookup, { correlationId: randomUUID() });
        return { actor, expiresAt: expiresAt ? Date.parse(expiresAt) : null, lookup };
      } catch (error) {
        if (error instanceof Refusal && error.problem.kind === 'unauthenticated') return null;
        throw error;
      }
    };
    const found = await this.callers.get(key, ask);
    return found && (found.expiresAt === null || found.expiresAt > Date.now()) ? found : null;
  }
}

class Unfit extends Error {}

/** In milliseconds since 1970. */
const endOf = ({ exp }: Claims): number => (Number(exp) + LEEWAY_SECONDS) * 1000;

function headerOf(token: string): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
    return typeof header === 'object' && header !== null ? (header as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
