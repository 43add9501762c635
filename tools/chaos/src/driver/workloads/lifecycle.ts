// Apps live: created, scaled, restarted, scaled again. One of three is deleted then, and one has an image that never comes.
import type { AppRef } from '../dialect.js';
import type { Operation, Outcome } from '../sender.js';
import { madeApp, type MakeWorkload, nameOf } from '../workload.js';

type Make = (op: string) => Operation;

export const lifecycle: MakeWorkload = ({ dialect, tenants, random }) => {
  const due: Make[] = [];
  let apps = 0;

  const create = (): Make => {
    const tenant = random.oneOf(tenants);
    const number = (apps += 1);
    const name = nameOf(tenant, 'life', number);
    const image = `registry.example.org/${number % 3 === 0 ? 'missing' : 'web'}:${number}`;
    const about = { workload: 'lifecycle', tenant, target: name } as const;
    const steps = (app: AppRef): Make[] => [
      () => ({ ...about, kind: 'scale', value: '2', request: dialect.scale(app, 2) }),
      () => ({ ...about, kind: 'restart', value: '', request: dialect.restart(app) }),
      () => ({ ...about, kind: 'scale', value: '3', request: dialect.scale(app, 3) }),
      ...(number % 3 !== 1
        ? []
        : [() => ({ ...about, kind: 'delete', value: '', request: dialect.deleteApp(app) }) as const]),
    ];
    // What was not acknowledged ends the life: nobody knows what the next step would stand on.
    const follow =
      (rest: readonly Make[]) =>
      (outcome: Outcome): void => {
        const [next, ...later] = rest;
        if (outcome.phase === 'acked' && next) due.push((op) => ({ ...next(op), done: follow(later) }));
      };
    return () => ({
      ...about,
      kind: 'create',
      value: image,
      request: dialect.createApp(name, image),
      done: (outcome) => {
        const app = madeApp(outcome, name);
        if (app) follow(steps(app))(outcome);
      },
    });
  };

  return { next: () => due.shift() ?? create() };
};
