// One writer gives an App one image after the other, each only after the last was answered: the newest acknowledged one must stand.
import type { AppRef } from '../dialect.js';
import type { Tenant } from '../tenant.js';
import { madeApp, type MakeWorkload, nameOf, type Workload, type WorkloadContext } from '../workload.js';

/** The last fifty Revisions are kept, and all of them are looked at in the end. */
const WRITES_PER_APP = 40;

export const register: MakeWorkload = (context) => {
  const writers = context.tenants.map((tenant) => writer(context, tenant));
  return {
    next: () => {
      for (const one of writers) {
        const operations = one.next();
        if (operations.length > 0) return operations;
      }
      return [];
    },
  };
};

function writer({ dialect }: WorkloadContext, tenant: Tenant): Workload {
  let app: AppRef | undefined;
  let busy = false;
  let apps = 0;
  let tag = 0;
  return {
    next: () => {
      if (busy) return [];
      busy = true;
      if (!app || tag > WRITES_PER_APP) {
        tag = 1;
        const name = nameOf(tenant, 'register', (apps += 1));
        const image = `registry.example.org/${name}:${tag}`;
        return [
          () => ({
            workload: 'register',
            kind: 'create',
            tenant,
            target: name,
            value: image,
            request: dialect.createApp(name, image),
            done: (outcome) => {
              busy = false;
              app = madeApp(outcome, name);
            },
          }),
        ];
      }
      const into = app;
      tag += 1;
      const image = `registry.example.org/${into.name}:${tag}`;
      return [
        () => ({
          workload: 'register',
          kind: 'image',
          tenant,
          target: into.name,
          value: image,
          request: dialect.setImage(into, image),
          done: () => (busy = false),
        }),
      ];
    },
  };
}
