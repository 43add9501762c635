// The variables that every service with a database reads, declared once for all configuration classes.
import { CheckedBy, Variable } from '@slipway/runtime';
import { IsNotEmpty } from 'class-validator';

import { parseEncryptionKeys } from './encryption/encryption-keys.js';

/** `DATABASE_URL`, for `PersistenceOptions.databaseUrl`. */
export function DatabaseUrl(): PropertyDecorator {
  return (target, property) => {
    Variable('DATABASE_URL', {
      required: 'always',
      secret: true,
      description: "PostgreSQL, as the service's own role: `postgres://<service>:<password>@host:5432/slipway`.",
    })(target, property);
    IsNotEmpty()(target, property);
  };
}

/** `ENCRYPTION_KEYS`, for `PersistenceOptions.encryptionKeys`. */
export function EncryptionKeys(): PropertyDecorator {
  return (target, property) => {
    Variable('ENCRYPTION_KEYS', {
      required: 'always',
      secret: true,
      description: 'Keys of encrypted columns, `<id>:<base64 of 32 bytes>,…`; the first encrypts, all decrypt.',
    })(target, property);
    CheckedBy(parseEncryptionKeys)(target, property);
  };
}
