import { generateKeyPair, randomUUID, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { AccessToken, CredentialId, SigningKeys as SigningKeysView, UserId } from '@slipway/contracts';
import { type Reader, takeTurns, Transactions } from '@slipway/persistence';
import { MoreThan } from 'typeorm';

import { IdentityConfig } from '../identity.config.js';
import { SigningKeyEntity } from './signing-key.entity.js';
import { unwrap, wrap } from './wrap.js';

/** A key signs this long, and stays published for as long again as a token may live. */
const SIGNS_MS = 90 * 24 * 3_600_000;
const PUBLISHED_MS = SIGNS_MS + 2 * 3_600_000;
/** Before a key ends its successor is published, so that every gateway knows it when it begins to sign. */
const AHEAD_MS = 3_600_000;

/** Another replica may have made a newer key meanwhile: the table is asked again after this time. */
const CACHE_MS = 60_000;

export const ISSUER = 'slipway';
export const AUDIENCE = 'slipway';

export type Signer = (userId: UserId, sessionId: CredentialId) => Promise<AccessToken>;

interface CurrentKey {
  readonly kid: string;
  readonly privateKey: string;
  readonly readAt: number;
}

/** Owns the keys that sign access tokens. Two are live while one takes over from the other; a new JWT_SECRET ends them all. */
@Injectable()
export class SigningKeys {
  private current: CurrentKey | undefined;

  constructor(
    private readonly transactions: Transactions,
    private readonly jwt: JwtService,
    private readonly config: IdentityConfig,
  ) {}

  /**
   * Signs access tokens of sessions: ES256, `typ` `at+jwt` (RFC 9068). Ask for it before a transaction begins, since it may need the
   * database itself.
   */
  async signer(): Promise<Signer> {
    const { kid, privateKey } = await this.signingKey();
    return async (userId, sessionId) => {
      const issuedAt = Math.floor(Date.now() / 1000);
      const expiresAt = issuedAt + this.config.jwtExpiresInSeconds;
      const value = await this.jwt.signAsync(
        { iss: ISSUER, aud: AUDIENCE, sub: userId, sid: sessionId, jti: randomUUID(), iat: issuedAt, exp: expiresAt },
        { privateKey, algorithm: 'ES256', keyid: kid, header: { alg: 'ES256', typ: 'at+jwt' } },
      );
      return { value, expiresAt: new Date(expiresAt * 1000).toISOString() };
    };
  }

  /** Makes a key when there is none, so that the first gateway finds one. */
  async published(): Promise<SigningKeysView> {
    await this.signingKey();
    const rows = await this.transactions.read((reader) => this.usable(reader, PUBLISHED_MS));
    return { issuer: ISSUER, audience: AUDIENCE, keys: rows.map(({ kid, publicKey }) => ({ kid, publicKey })) };
  }

  private async signingKey(): Promise<CurrentKey> {
    if (this.current && Date.now() - this.current.readAt < CACHE_MS) return this.current;
    const made = await this.makeKey();
    this.current = await this.transactions.run(async (tx) => {
      // Of several that find none, in any replica, one makes it: a gateway asks again only after seconds, and would refuse tokens of the others.
      await takeTurns(tx, ['signing-key']);
      const signing = await this.usable(tx, SIGNS_MS);
      const isEnding = (signing[0]?.createdAt.getTime() ?? 0) < Date.now() - SIGNS_MS + AHEAD_MS;
      if (isEnding) await tx.getRepository(SigningKeyEntity).save(made);
      const row = signing.at(-1) ?? made;
      const privateKey = unwrap(this.config.jwtSecret, row.kid, row.wrappedPrivateKey);
      if (privateKey === null) throw new Error(`signing key ${row.kid} does not open`);
      return { kid: row.kid, privateKey, readAt: Date.now() };
    });
    return this.current;
  }

  private async usable(tx: Reader, ageMs: number): Promise<SigningKeyEntity[]> {
    const rows = await tx
      .getRepository(SigningKeyEntity)
      .find({ where: { createdAt: MoreThan(new Date(Date.now() - ageMs)) }, order: { createdAt: 'DESC', kid: 'ASC' } });
    return rows.filter((row) => unwrap(this.config.jwtSecret, row.kid, row.wrappedPrivateKey) !== null);
  }

  private async makeKey(): Promise<SigningKeyEntity> {
    const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
    const kid = randomUUID();
    const pem = (key: KeyObject, type: 'spki' | 'pkcs8') => key.export({ format: 'pem', type }).toString();
    return Object.assign(new SigningKeyEntity(), {
      kid,
      publicKey: pem(publicKey, 'spki'),
      wrappedPrivateKey: wrap(this.config.jwtSecret, kid, pem(privateKey, 'pkcs8')),
      createdAt: new Date(),
    });
  }
}
