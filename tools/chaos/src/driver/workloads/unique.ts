// Two callers ask for one name at the same moment: one App, and the other is told that the name is taken.
import { type MakeWorkload, nameOf } from '../workload.js';
import type { Operation } from '../sender.js';

export const unique: MakeWorkload = ({ dialect, tenants, random }) => {
  const rivals: (() => Operation)[] = [];
  let names = 0;
  return {
    next: () => {
      const rival = rivals.shift();
      if (rival) return rival;
      const tenant = random.oneOf(tenants);
      const name = nameOf(tenant, 'unique', (names += 1));
      const make = (caller: number) => (): Operation => {
        const image = `registry.example.org/${name}:${caller}`;
        return {
          workload: 'unique',
          kind: 'create',
          tenant,
          target: name,
          value: image,
          request: dialect.createApp(name, image),
        };
      };
      rivals.push(make(2));
      return make(1);
    },
  };
};
