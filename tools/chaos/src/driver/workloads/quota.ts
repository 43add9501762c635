// A user who has as many API keys as it may have: several are asked for at once where only some have room. Used is what is counted: never more
// than that, and no room is lost by keys that were revoked.
import { type Make, type MakeWorkload, nameOf } from '../workload.js';

/** Live API keys of a user. */
export const MOST_KEYS = 100;
const AT_ONCE = 5;

export const quota: MakeWorkload = ({ dialect, fullTenant: tenant }) => {
  const live: { id: string; name: string }[] = [];
  const create: Make = (op) => {
    const name = nameOf(tenant, 'quota', op);
    return {
      workload: 'quota',
      kind: 'key',
      tenant,
      target: name,
      value: name,
      request: dialect.createKey(name),
      done: ({ phase, answer }) => {
        if (answer !== undefined) live.push({ id: answer, name });
        if (phase === 'refused') isFull = true;
      },
    };
  };
  const revoke = ({ id, name }: { id: string; name: string }): Make => {
    return () => ({
      workload: 'quota',
      kind: 'revoke',
      tenant,
      target: name,
      value: id,
      request: dialect.revokeKey(id),
    });
  };
  let isFull = false;
  return {
    next: () => {
      if (!isFull) return Array.from<Make>({ length: AT_ONCE }).fill(create);
      isFull = false;
      return live.splice(0, AT_ONCE - 2).map(revoke);
    },
  };
};
