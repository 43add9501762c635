import { defineCommand, defineEvent, defineQuery } from '../define.js';
import { Nothing } from '../empty.js';
import {
  CheckCredential,
  CheckedCredential,
  CreateCredential,
  CreatedCredential,
  CredentialPage,
  CredentialRevoked,
  GetUser,
  ListCredentials,
  OpenCredentialByPassword,
  OpenedCredential,
  RefreshSession,
  RefreshedSession,
  RegisterUser,
  RevokeCredential,
  SigningKeys,
  UpdateUser,
  UserFact,
  UserView,
} from './identity.v1.js';

export const registerUser = defineCommand({
  subject: 'cmd.identity.user.register.v1',
  input: RegisterUser,
  output: OpenedCredential,
});
export const updateUser = defineCommand({
  subject: 'cmd.identity.user.update.v1',
  input: UpdateUser,
  output: UserView,
});
export const openCredential = defineCommand({
  subject: 'cmd.identity.credential.open.v1',
  input: OpenCredentialByPassword,
  output: OpenedCredential,
});
export const refreshSession = defineCommand({
  subject: 'cmd.identity.credential.refresh.v1',
  input: RefreshSession,
  output: RefreshedSession,
});
export const createCredential = defineCommand({
  subject: 'cmd.identity.credential.create.v1',
  input: CreateCredential,
  output: CreatedCredential,
});
export const revokeCredential = defineCommand({
  subject: 'cmd.identity.credential.revoke.v1',
  input: RevokeCredential,
});

export const checkCredential = defineQuery({
  subject: 'qry.identity.credential.check.v1',
  input: CheckCredential,
  output: CheckedCredential,
});
export const listCredentials = defineQuery({
  subject: 'qry.identity.credential.list.v1',
  input: ListCredentials,
  output: CredentialPage,
});
export const listSigningKeys = defineQuery({
  subject: 'qry.identity.signing-key.list.v1',
  input: Nothing,
  output: SigningKeys,
});
export const getUser = defineQuery({ subject: 'qry.identity.user.get.v1', input: GetUser, output: UserView });

export const userRegistered = defineEvent({
  subject: 'evt.identity.user.registered.v1',
  payload: UserFact,
  listeners: [],
});
export const userUpdated = defineEvent({ subject: 'evt.identity.user.updated.v1', payload: UserFact, listeners: [] });
/** The gateway listens on core NATS: it drops what it cached. */
export const credentialRevoked = defineEvent({
  subject: 'evt.identity.credential.revoked.v1',
  payload: CredentialRevoked,
  listeners: [],
});
