import { Module, type DynamicModule } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { MessagingModule } from '@slipway/messaging';
import { PersistenceModule } from '@slipway/persistence';

import { ClusterContextEntity } from './cluster-context/cluster-context.entity.js';
import { KubeconfigEntity } from './cluster-context/kubeconfig.entity.js';
import { Kubeconfigs } from './cluster-context/kubeconfigs.js';
import { GetKubeconfigHandler, ListClusterContextsHandler } from './cluster-context/read-cluster-contexts.js';
import { ReplaceClusterContextsHandler } from './cluster-context/replace-cluster-contexts.js';
import { ResolveClusterContextHandler } from './cluster-context/resolve-cluster-context.js';
import { CheckCredentialHandler } from './credential/check-credential.js';
import { CreateCredentialHandler } from './credential/create-credential.js';
import { CredentialEntity } from './credential/credential.entity.js';
import { ListCredentialsHandler } from './credential/list-credentials.js';
import { ListEndedCredentialsHandler } from './credential/list-ended-credentials.js';
import { LoginFailuresEntity } from './credential/login-failures.entity.js';
import { LoginThrottle } from './credential/login-throttle.js';
import { OpenCredentialHandler } from './credential/open-credential.js';
import { RefreshSessionHandler } from './credential/refresh-session.js';
import { RefreshTokenEntity } from './credential/refresh-token.entity.js';
import { RevokeCredentialHandler } from './credential/revoke-credential.js';
import { Sessions } from './credential/sessions.js';
import type { IdentityConfig } from './identity.config.js';
import { migrations } from './migrations/index.js';
import { ListSigningKeysHandler } from './signing-key/list-signing-keys.js';
import { SigningKeyEntity } from './signing-key/signing-key.entity.js';
import { SigningKeys } from './signing-key/signing-keys.js';
import { ChangePasswordHandler } from './user/change-password.js';
import { DeleteUserHandler } from './user/delete-user.js';
import { GetUserHandler } from './user/get-user.js';
import { PasswordProof } from './user/password-proof.js';
import { Passwords } from './user/password.js';
import { QueueResetHandler } from './user/queue-reset.js';
import { RegisterUserHandler } from './user/register-user.js';
import { RequestResetHandler } from './user/request-reset.js';
import { ResetPasswordHandler } from './user/reset-password.js';
import { ResetTokenEntity } from './user/reset-token.entity.js';
import { UpdateUserHandler } from './user/update-user.js';
import { UserEntity } from './user/user.entity.js';

export const entities = [
  UserEntity,
  CredentialEntity,
  RefreshTokenEntity,
  LoginFailuresEntity,
  SigningKeyEntity,
  ResetTokenEntity,
  KubeconfigEntity,
  ClusterContextEntity,
];

/** So long a link tells that it was used, or is expired, and not that nobody knows it. */
const RESET_TOKENS_KEPT = '7 days';

@Module({})
export class IdentityModule {
  static register(config: Readonly<IdentityConfig>): DynamicModule {
    const { natsUrl, sealPublicKeys, sealPrivateKey, databaseUrl, encryptionKeys } = config;
    const service = 'identity';
    return {
      module: IdentityModule,
      imports: [
        MessagingModule.register({ service, natsUrl, sealPublicKeys, sealPrivateKeys: sealPrivateKey }),
        PersistenceModule.register({
          service,
          databaseUrl,
          entities,
          migrations,
          encryptionKeys,
          prunes: [{ table: 'reset_token', condition: `"createdAt" < now() - interval '${RESET_TOKENS_KEPT}'` }],
        }),
        JwtModule,
      ],
      controllers: [
        RegisterUserHandler,
        OpenCredentialHandler,
        RefreshSessionHandler,
        CheckCredentialHandler,
        ListSigningKeysHandler,
        CreateCredentialHandler,
        ListCredentialsHandler,
        ListEndedCredentialsHandler,
        RevokeCredentialHandler,
        GetUserHandler,
        UpdateUserHandler,
        ChangePasswordHandler,
        QueueResetHandler,
        RequestResetHandler,
        ResetPasswordHandler,
        DeleteUserHandler,
        ReplaceClusterContextsHandler,
        ListClusterContextsHandler,
        GetKubeconfigHandler,
        ResolveClusterContextHandler,
      ],
      providers: [Passwords, PasswordProof, Kubeconfigs, Sessions, SigningKeys, LoginThrottle],
    };
  }
}
