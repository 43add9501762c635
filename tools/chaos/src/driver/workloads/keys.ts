// API keys, whose names may repeat: each is asked for three times under one Idempotency-Key, and must be there once, the same in every
// answer. Revoked at once, since a user may have a hundred.
import { type Make, type MakeWorkload, nameOf } from '../workload.js';

export const keys: MakeWorkload = ({ dialect, tenants, random }) => {
  const due: Make[] = [];
  return {
    next: () => [
      due.shift() ??
        ((op) => {
          const tenant = random.oneOf(tenants);
          const name = nameOf(tenant, 'key', op);
          const about = { workload: 'keys', tenant, target: name } as const;
          return {
            ...about,
            kind: 'key',
            value: name,
            request: dialect.createKey(name),
            repeated: 3,
            done: ({ answer }) => {
              if (answer === undefined) return;
              due.push(() => ({ ...about, kind: 'revoke', value: answer, request: dialect.revokeKey(answer) }));
            },
          };
        }),
    ],
  };
};
