import {
  Email,
  Flag,
  Id,
  Integer,
  Nested,
  NestedList,
  OneOf,
  Optional,
  Sealed,
  Text,
  TextList,
  Time,
} from '../fields.js';
import type { CredentialId, TeamId, UserId } from '../ids.js';

/** The hexadecimal SHA-256 of an opaque value. Whoever holds the digest cannot present the credential. */
export const DIGEST = /^[0-9a-f]{64}$/;

/** Longest password that the core hashes, in characters; dialects ask for a least length. */
export const PASSWORD_MAX = 256;

export class UserView {
  @Id() id: UserId;
  @Integer({ min: 1 }) number: number;
  @Text({ min: 3, max: 50 }) username: string;
  @Text({ max: 255 }) email: string;
  @OneOf(['active', 'inactive', 'deleted']) state: 'active' | 'inactive' | 'deleted';
  @Time() createdAt: string;
  @Time() updatedAt: string;
  @Time() @Optional() lastLoginAt: string | null;
  /** API keys that are neither revoked nor expired. */
  @Integer({ min: 0 }) liveApiKeys: number;
}

/** A credential to open beside the account: the caller made the value, only its digest travels. */
export class OpenCredential {
  @OneOf(['session', 'cookie', 'token']) kind: 'session' | 'cookie' | 'token';
  /** Of the refresh token for a session, else of the value itself. */
  @Text({ min: 64, max: 64, pattern: DIGEST }) digest: string;
  /** Of the opaque value that this one takes the place of, which ends. */
  @Text({ min: 64, max: 64, pattern: DIGEST }) @Optional() replaces?: string;
}

export class RegisterUser {
  @Email() email: string;
  @Text({ min: 3, max: 50 }) @Optional() username?: string;
  @Text({ min: 1, max: PASSWORD_MAX }) @Sealed() password: string;
  @Nested(() => OpenCredential) @Optional() open?: OpenCredential;
}

export class AccessToken {
  /** A signed JWT. */
  @Text() value: string;
  @Time() expiresAt: string;
}

/** A user with the credential that was opened for it. */
export class OpenedCredential {
  @Nested(() => UserView) user: UserView;
  @Id() @Optional() credentialId: CredentialId | null;
  /** Only for sessions. */
  @Nested(() => AccessToken) @Optional() @Sealed() accessToken: AccessToken | null;
}

export class UpdateUser {
  @Text({ min: 3, max: 50 }) @Optional() username?: string;
  @Email() @Optional() email?: string;
}

export class ChangePassword {
  @Text({ min: 1, max: PASSWORD_MAX }) @Sealed() current: string;
  @Text({ min: 1, max: PASSWORD_MAX }) @Sealed() new: string;
  /** The client's address, for the throttle. */
  @Text({ max: 64 }) address: string;
}

export class RequestReset {
  @Email() email: string;
}

export class ResetPassword {
  /** Of the token that was mailed. */
  @Text({ min: 64, max: 64, pattern: DIGEST }) digest: string;
  @Text({ min: 1, max: PASSWORD_MAX }) @Sealed() password: string;
  /** Ends API keys too. */
  @Flag() @Optional() revokeApiKeys?: boolean;
}

export class OpenCredentialByPassword {
  /** As it was typed: what can be nobody's address is unknown like any other. */
  @Text() email: string;
  @Text() @Sealed() password: string;
  @OneOf(['session', 'cookie', 'token']) kind: 'session' | 'cookie' | 'token';
  @Text({ min: 64, max: 64, pattern: DIGEST }) digest: string;
  /** Of the opaque value that this one takes the place of, which ends. */
  @Text({ min: 64, max: 64, pattern: DIGEST }) @Optional() replaces?: string;
  /** The client's address, for the throttle. */
  @Text({ max: 64 }) address: string;
}

export class RefreshSession {
  @Text({ min: 64, max: 64, pattern: DIGEST }) digest: string;
  /** Rotates: the presented token is spent and this is its successor's digest. */
  @Text({ min: 64, max: 64, pattern: DIGEST }) @Optional() nextDigest?: string;
  /** The same for a token that has been spent already; one that has not stays as it is. */
  @Text({ min: 64, max: 64, pattern: DIGEST }) @Optional() siblingDigest?: string;
}

export class RefreshedSession {
  @Nested(() => AccessToken) @Sealed() accessToken: AccessToken;
  /** Whether the successor has been taken up. */
  @Flag() @Optional() rotated?: boolean;
}

export class CredentialView {
  @Id() id: CredentialId;
  @OneOf(['session', 'cookie', 'token', 'api-key', 'app-token']) kind:
    'session' | 'cookie' | 'token' | 'api-key' | 'app-token';
  @Text({ max: 100 }) name: string;
  @Text({ max: 255 }) @Optional() description: string | null;
  /** What the key's text begins with. */
  @Text({ max: 32 }) prefix: string;
  /** Its last four characters. */
  @Text({ max: 4 }) hint: string;
  @OneOf(['full', 'read']) scope: 'full' | 'read';
  @Time() createdAt: string;
  @Time() @Optional() expiresAt: string | null;
  @Time() @Optional() lastUsedAt: string | null;
}

export class CreateCredential {
  @OneOf(['api-key']) kind: 'api-key';
  @Text({ min: 1, max: 100 }) name: string;
  @Text({ max: 255 }) @Optional() description?: string;
  @Time() @Optional() expiresAt?: string;
  @OneOf(['full', 'read']) scope: 'full' | 'read';
}

export class CreatedCredential {
  @Nested(() => CredentialView) credential: CredentialView;
  /** Shown once; sealed, so that a replay can repeat it. */
  @Text() @Sealed() value: string;
}

export class RevokeCredential {
  /** Of an API key. Default: the presented credential; a session ends with all its tokens. */
  @Id() @Optional() id?: CredentialId;
  /** Of an opaque value, instead: whoever has it may end it, also when its account is gone. */
  @Text({ min: 64, max: 64, pattern: DIGEST }) @Optional() digest?: string;
}

/** Exactly one of the two is given. */
export class CheckCredential {
  /** Of an opaque value: an API key, a cookie, a token. */
  @Text({ min: 64, max: 64, pattern: DIGEST }) @Optional() digest?: string;
  /** From a JWT whose signature has been checked. */
  @Id() @Optional() sessionId?: CredentialId;
}

export class TeamRef {
  @Id() id: TeamId;
  @Text({ max: 63 }) name: string;
}

export class CredentialOfActor {
  @Id() id: CredentialId;
  @OneOf(['session', 'cookie', 'token', 'api-key', 'app-token']) kind:
    'session' | 'cookie' | 'token' | 'api-key' | 'app-token';
  @OneOf(['full', 'read']) scope: 'full' | 'read';
}

/** Shaped as Actor in the envelope. */
export class CheckedActor {
  @Id() userId: UserId;
  @Integer({ min: 1 }) number: number;
  @Text({ max: 50 }) username: string;
  @Text({ max: 255 }) email: string;
  @NestedList(() => TeamRef) teams: TeamRef[];
  @Flag() admin: boolean;
  @Nested(() => CredentialOfActor) credential: CredentialOfActor;
}

export class CheckedCredential {
  @Nested(() => CheckedActor) actor: CheckedActor;
  @Time() @Optional() expiresAt: string | null;
}

export class ListEndedCredentials {
  @TextList({ max: 500, maxLength: 36 }) ids: CredentialId[];
}

export class EndedCredentials {
  /** Those of the ids asked about that hold no longer, or never did. */
  @TextList({ max: 500, maxLength: 36 }) ids: CredentialId[];
}

export class ListCredentials {
  @OneOf(['api-key']) kind: 'api-key';
  @Integer({ min: 1 }) page: number;
  @Integer({ min: 1, max: 100 }) limit: number;
}

export class CredentialPage {
  @NestedList(() => CredentialView, { max: 100 }) credentials: CredentialView[];
  @Integer({ min: 0 }) total: number;
}

export class DeleteUser {
  /** Where the dialect asks for it. */
  @Text({ min: 1, max: PASSWORD_MAX }) @Optional() @Sealed() password?: string;
  /** The client's address, for the throttle. */
  @Text({ max: 64 }) address: string;
  /** How many Apps the user owns that no Team shares, as `deployments.app.count` says: with any, the account stays. */
  @Integer({ min: 0 }) soleApps: number;
}

export class GetUser {
  /** Default: the actor. */
  @Id() @Optional() id?: UserId;
}

export class SigningKey {
  @Text({ max: 64 }) kid: string;
  /** The public half, as PEM (SPKI). */
  @Text() publicKey: string;
}

export class SigningKeys {
  @Text({ max: 255 }) issuer: string;
  @Text({ max: 255 }) audience: string;
  @NestedList(() => SigningKey, { max: 10 }) keys: SigningKey[];
}

export class UserFact {
  @Id() userId: UserId;
}

export class UserUpdated {
  @Id() userId: UserId;
  /** As of this change; absent in facts of before it was told. */
  @Email() @Optional() email?: string;
}

/** Whatever was cached under these is dropped at once. `userId` alone ends everything of that user. */
export class CredentialRevoked {
  @Id() userId: UserId;
  @TextList({ max: 1000, maxLength: 36 }) credentialIds: CredentialId[];
}
