// The variables that every service on the broker reads, declared once for all configuration classes.
import { CheckedBy, Variable } from '@slipway/runtime';
import { IsNotEmpty } from 'class-validator';

import { parseSealPrivateKeys, parseSealPublicKeys } from './sealing/seal-keys.js';

/** `NATS_URL`, for `MessagingOptions.natsUrl`. */
export function NatsUrl(): PropertyDecorator {
  return (target, property) => {
    Variable('NATS_URL', {
      required: 'always',
      secret: true,
      description: "The message broker with the service's own user: `nats://<service>:<password>@host:4222`.",
    })(target, property);
    IsNotEmpty()(target, property);
  };
}

/** `SEAL_PUBLIC_KEYS`, for `MessagingOptions.sealPublicKeys`. */
export function SealPublicKeys(): PropertyDecorator {
  return (target, property) => {
    Variable('SEAL_PUBLIC_KEYS', {
      required: 'always',
      description: 'Public keys that secret fields are sealed for: `<service>:<id>:<base64>,…`.',
    })(target, property);
    CheckedBy(parseSealPublicKeys)(target, property);
  };
}

/** `SEAL_PRIVATE_KEY`, for `MessagingOptions.sealPrivateKeys`. */
export function SealPrivateKey(): PropertyDecorator {
  return (target, property) => {
    Variable('SEAL_PRIVATE_KEY', {
      required: 'always',
      secret: true,
      description: 'X25519 keys that open sealed fields, `<id>:<base64>,…`; more than one while they rotate.',
    })(target, property);
    CheckedBy(parseSealPrivateKeys)(target, property);
  };
}
