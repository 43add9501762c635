// Many callers set distinct variables on one App at once: none may be lost to another's write.
import type { AppRef } from '../dialect.js';
import { madeApp, type MakeWorkload, nameOf } from '../workload.js';

/** An App has at most a thousand. */
const VARIABLES_PER_APP = 200;

export const set: MakeWorkload = ({ dialect, tenants, random }) => {
  const tenant = random.oneOf(tenants);
  let app: AppRef | undefined;
  let creating = false;
  let apps = 0;
  let variables = 0;
  return {
    next: () => {
      if (creating) return [];
      if (!app || variables >= VARIABLES_PER_APP) {
        creating = true;
        const name = nameOf(tenant, 'set', (apps += 1));
        const image = `registry.example.org/${name}:1`;
        return [
          () => ({
            workload: 'set',
            kind: 'create',
            tenant,
            target: name,
            value: image,
            request: dialect.createApp(name, image),
            done: (outcome) => {
              creating = false;
              variables = 0;
              app = madeApp(outcome, name);
            },
          }),
        ];
      }
      const into = app;
      variables += 1;
      return [
        (op) => {
          const [name, value] = [`V_${op}`, nameOf(tenant, op)];
          return {
            workload: 'set',
            kind: 'set',
            tenant,
            target: into.name,
            value: `${name}=${value}`,
            request: dialect.setVariable(into, name, value),
          };
        },
      ];
    },
  };
};
