import type {
  CreateCredential,
  CreatedCredential,
  CredentialPage,
  CredentialView,
  OpenedCredential,
  RefreshedSession,
  UpdateUser,
  UserView,
} from '@slipway/contracts';

import type {
  ChangePassword,
  CreatedKey,
  CreateKey,
  Key,
  KeyList,
  Profile,
  Registered,
  Refreshed,
  Register,
  ResetPassword,
  Session,
  UpdatedProfile,
  UpdateProfile,
} from './accounts.dto.js';
import { failure } from './errors.js';
import type { Submitted } from './json-body.js';
import { paginationOf, type Page } from './query.js';
import type { FieldIssue } from './rule-texts.js';
import { toTime, toTimeOrNull } from './time.js';

const SHORTEST_PASSWORD = 8;

/** @throws Failure in the documented order: fields, the password's length, its repetition */
export function acceptRegistration(body: Submitted<Register>): Register {
  const registration = body.accept(usernameIssues(body.value.username));
  if ([...registration.password].length < SHORTEST_PASSWORD) {
    throw failure.badRequest('Password must be at least 8 characters long');
  }
  if (registration.password !== registration.confirm_password) throw failure.badRequest('Passwords do not match');
  return registration;
}

export function acceptReset(body: Submitted<ResetPassword>): ResetPassword {
  const reset = body.accept();
  if (reset.confirm_password != null && reset.confirm_password !== reset.new_password) {
    throw failure.badRequest('Passwords do not match');
  }
  return reset;
}

export function acceptPasswordChange(body: Submitted<ChangePassword>): ChangePassword {
  const change = body.accept();
  if (change.confirm_new_password !== change.new_password) throw failure.badRequest('New passwords do not match');
  return change;
}

export function acceptProfile(body: Submitted<UpdateProfile>): UpdateUser {
  const { username, email } = body.accept(usernameIssues(body.value.username));
  if (username == null && email == null) throw failure.badRequest('At least one field must be provided');
  return { ...(username != null && { username }), ...(email != null && { email }) };
}

export function acceptKey(body: Submitted<CreateKey>, now: number): CreateCredential {
  const { expires_at: expiresAt } = body.value;
  const past: FieldIssue[] =
    typeof expiresAt === 'string' && Date.parse(expiresAt) <= now
      ? [{ path: 'expires_at', kind: 'value', text: 'must be in the future' }]
      : [];
  const { name, description, scope } = body.accept(past);
  return {
    kind: 'api-key',
    name,
    scope: scope ?? 'full',
    ...(description != null && { description }),
    ...(expiresAt != null && { expiresAt }),
  };
}

function usernameIssues(username: unknown): FieldIssue[] {
  if (typeof username !== 'string') return [];
  const issue = (text: string): FieldIssue[] => [{ path: 'username', kind: 'value', text }];
  if (/\p{Cc}/u.test(username)) return issue('must not contain control characters');
  return username.trim() === username ? [] : issue('must not begin or end with a blank');
}

export function toSession(opened: OpenedCredential, refreshToken: string): Session {
  const { user, accessToken } = opened;
  if (!accessToken) throw new Error('identity opened a session without an access token');
  return {
    access_token: accessToken.value,
    refresh_token: refreshToken,
    expires_at: toTime(accessToken.expiresAt),
    user: { id: user.id, username: user.username, email: user.email },
  };
}

export function toRegistered(opened: OpenedCredential, refreshToken: string): Registered {
  const { id, username, email, createdAt } = opened.user;
  return { ...toSession(opened, refreshToken), id, username, email, created_at: toTime(createdAt), status: 'active' };
}

export function toRefreshed({ accessToken }: RefreshedSession, refreshToken: string): Refreshed {
  return { access_token: accessToken.value, expires_at: toTime(accessToken.expiresAt), refresh_token: refreshToken };
}

export function toKey(credential: CredentialView): Key {
  return {
    id: credential.id,
    name: credential.name,
    description: credential.description ?? null,
    key_prefix: credential.prefix,
    key_hint: credential.hint,
    scope: credential.scope,
    created_at: toTime(credential.createdAt),
    expires_at: toTimeOrNull(credential.expiresAt),
    last_used: toTimeOrNull(credential.lastUsedAt),
  };
}

export function toCreatedKey({ credential, value }: CreatedCredential): CreatedKey {
  const { id, name, description, ...rest } = toKey(credential);
  return { id, name, description, key: value, api_key: value, ...rest, last_used: null };
}

export function toKeyList({ credentials, total }: CredentialPage, page: Page): KeyList {
  return { api_keys: credentials.map(toKey), pagination: paginationOf(page, total) };
}

/** `deployments` is null when it could not be counted in time. */
export function toProfile(user: UserView, deployments: number | null): Profile {
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    created_at: toTime(user.createdAt),
    last_login: toTimeOrNull(user.lastLoginAt),
    is_active: user.state === 'active',
    deployment_count: deployments,
    api_key_count: user.liveApiKeys,
    // The original's web client reads these.
    deploymentCount: deployments,
    apiKeyCount: user.liveApiKeys,
  };
}

export function toUpdatedProfile({ id, username, email, updatedAt }: UserView): UpdatedProfile {
  return { id, username, email, updated_at: toTime(updatedAt) };
}
