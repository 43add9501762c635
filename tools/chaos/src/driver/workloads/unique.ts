// Two callers ask for one name at the same moment: one App, and the other is told that the name is taken. Only the newest stay.
import { type Make, madeApp, type MakeWorkload, nameOf, Retired } from '../workload.js';

const KEPT = 40;

export const unique: MakeWorkload = ({ dialect, tenants, random }) => {
  const retired = new Retired(KEPT);
  let names = 0;
  return {
    next: () => {
      const ending = retired.next();
      if (ending) return [ending];
      const tenant = random.oneOf(tenants);
      const name = nameOf(tenant, 'unique', (names += 1));
      const about = { workload: 'unique', tenant, target: name } as const;
      const make =
        (caller: number): Make =>
        () => {
          const image = `registry.example.org/${name}:${caller}`;
          return {
            ...about,
            kind: 'create',
            value: image,
            request: dialect.createApp(name, image),
            done: (outcome) => {
              const app = madeApp(outcome, name);
              if (app) retired.add(() => ({ ...about, kind: 'delete', value: '', request: dialect.deleteApp(app) }));
            },
          };
        };
      return [make(1), make(2)];
    },
  };
};
