// Apps live: created, scaled, restarted, scaled again. One of three is deleted then, and one has an image that never comes; of those that stay
// only the newest do.
import type { AppRef } from '../dialect.js';
import type { Outcome } from '../sender.js';
import { type Make, madeApp, type MakeWorkload, nameOf, Retired } from '../workload.js';

const KEPT = 40;

export const lifecycle: MakeWorkload = ({ dialect, tenants, random }) => {
  const due: Make[] = [];
  const retired = new Retired(KEPT);
  let apps = 0;

  const create = (): Make => {
    const tenant = random.oneOf(tenants);
    const number = (apps += 1);
    const name = nameOf(tenant, 'life', number);
    const image = `registry.example.org/${number % 3 === 0 ? 'missing' : 'web'}:${number}`;
    const about = { workload: 'lifecycle', tenant, target: name } as const;
    const end =
      (app: AppRef): Make =>
      () => ({
        ...about,
        kind: 'delete',
        value: '',
        request: dialect.deleteApp(app),
      });
    const steps = (app: AppRef): Make[] => [
      () => ({ ...about, kind: 'scale', value: '2', request: dialect.scale(app, 2) }),
      () => ({ ...about, kind: 'restart', value: '', request: dialect.restart(app) }),
      () => ({ ...about, kind: 'scale', value: '3', request: dialect.scale(app, 3) }),
      ...(number % 3 === 1 ? [end(app)] : []),
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
        if (!app) return;
        if (number % 3 !== 1) retired.add(end(app));
        follow(steps(app))(outcome);
      },
    });
  };

  return { next: () => [due.shift() ?? retired.next() ?? create()] };
};
