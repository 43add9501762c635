import { defineCommand, defineEvent, defineQuery, ServiceName } from '../define.js';
import { Nothing } from '../empty.js';
import {
  AllowedContexts,
  ClusterConnection,
  ClusterContexts,
  ClusterContextsReplaced,
  KubeconfigSource,
  ReplaceClusterContexts,
  ResolveClusterContext,
} from './cluster-context.v1.js';
import {
  ChangePassword,
  CheckCredential,
  CheckedCredential,
  CreateCredential,
  CreatedCredential,
  CredentialPage,
  CredentialRevoked,
  DeleteUser,
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
/** Ends everything that the user could sign in with; the address is free again, the number is not. */
export const deleteUser = defineCommand({
  subject: 'cmd.identity.user.delete.v1',
  input: DeleteUser,
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
export const replaceClusterContexts = defineCommand({
  subject: 'cmd.identity.cluster-context.replace.v1',
  input: ReplaceClusterContexts,
  output: AllowedContexts,
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
export const listClusterContexts = defineQuery({
  subject: 'qry.identity.cluster-context.list.v1',
  input: Nothing,
  output: ClusterContexts,
});
export const getKubeconfig = defineQuery({
  subject: 'qry.identity.cluster-context.source.v1',
  input: Nothing,
  output: KubeconfigSource,
});
/** Only the service that connects may ask: the answer holds what proves who we are. */
export const resolveClusterContext = defineQuery({
  subject: 'qry.identity.cluster-context.resolve.v1',
  input: ResolveClusterContext,
  output: ClusterConnection,
  senders: [ServiceName.helmReleases],
});

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
/** Whatever is the user's alone goes. */
export const userDeleted = defineEvent({
  subject: 'evt.identity.user.deleted.v1',
  payload: UserFact,
  listeners: ['notifications'],
});
export const clusterContextsReplaced = defineEvent({
  subject: 'evt.identity.cluster-context.replaced.v1',
  payload: ClusterContextsReplaced,
  listeners: [],
});
