import { defineCommand, defineEvent, defineQuery, ServiceName } from '../define.js';
import { Nothing } from '../empty.js';
import {
  ChangePassword,
  CheckCredential,
  CheckedCredential,
  CreateCredential,
  CreatedCredential,
  CredentialPage,
  CredentialRevoked,
  EndedCredentials,
  GetUser,
  ListCredentials,
  ListEndedCredentials,
  OpenCredentialByPassword,
  OpenedCredential,
  RefreshSession,
  RefreshedSession,
  RegisterUser,
  RequestReset,
  ResetPassword,
  RevokeCredential,
  SigningKeys,
  UpdateUser,
  UserFact,
  UserUpdated,
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
/** Ends every session but the presented one, and answers which. */
export const changePassword = defineCommand({
  subject: 'cmd.identity.user.change-password.v1',
  input: ChangePassword,
  output: CredentialRevoked,
});
/**
 * Answered when the request is stored, whoever has the address: what is done about it, by `requestReset`, comes after. So neither the
 * answer nor its time tells a stranger whether there is an account.
 */
export const queueReset = defineCommand({
  subject: 'cmd.identity.user.queue-reset.v1',
  input: RequestReset,
});
/** Mails a token; `not_found` for an unknown address. */
export const requestReset = defineCommand({
  subject: 'cmd.identity.user.request-reset.v1',
  input: RequestReset,
  senders: [ServiceName.identity],
});
/** Ends every session, and answers which. */
export const resetPassword = defineCommand({
  subject: 'cmd.identity.user.reset-password.v1',
  input: ResetPassword,
  output: CredentialRevoked,
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
/** For those who hold something open under many credentials. Notes no use: that was done when it was opened. */
export const listEndedCredentials = defineQuery({
  subject: 'qry.identity.credential.list-ended.v1',
  input: ListEndedCredentials,
  output: EndedCredentials,
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
export const userUpdated = defineEvent({
  subject: 'evt.identity.user.updated.v1',
  payload: UserUpdated,
  listeners: ['notifications'],
});
/** The gateway drops what it cached. */
export const credentialRevoked = defineEvent({
  subject: 'evt.identity.credential.revoked.v1',
  payload: CredentialRevoked,
  listeners: [],
  liveListeners: ['gateway'],
});
