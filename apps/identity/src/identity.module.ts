import { Module, type DynamicModule } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { MessagingModule } from '@slipway/messaging';
import { PersistenceModule } from '@slipway/persistence';

import { CheckCredentialHandler } from './credential/check-credential.js';
import { CreateCredentialHandler } from './credential/create-credential.js';
import { CredentialEntity } from './credential/credential.entity.js';
import { ListCredentialsHandler } from './credential/list-credentials.js';
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
import { GetUserHandler } from './user/get-user.js';
import { Passwords } from './user/password.js';
import { RegisterUserHandler } from './user/register-user.js';
import { UpdateUserHandler } from './user/update-user.js';
import { UserEntity } from './user/user.entity.js';

export const entities = [UserEntity, CredentialEntity, RefreshTokenEntity, LoginFailuresEntity, SigningKeyEntity];

@Module({})
export class IdentityModule {
  static register(config: Readonly<IdentityConfig>): DynamicModule {
    const { natsUrl, sealPrivateKey, databaseUrl, encryptionKeys } = config;
    const service = 'identity';
    return {
      module: IdentityModule,
      imports: [
        MessagingModule.register({ service, natsUrl, sealPrivateKeys: sealPrivateKey }),
        PersistenceModule.register({ service, databaseUrl, entities, migrations, encryptionKeys }),
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
        RevokeCredentialHandler,
        GetUserHandler,
        UpdateUserHandler,
      ],
      providers: [Passwords, Sessions, SigningKeys, LoginThrottle],
    };
  }
}
