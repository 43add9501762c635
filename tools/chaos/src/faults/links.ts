// F5: any link is cut, delayed, cut into small pieces, ended after some bytes, or half open, both ways or one, for a while. Nobody is started again for it.
import { setTimeout as delay } from 'node:timers/promises';

import type { LinkState } from '../rig/link.js';
import { PASS } from '../rig/link.js';
import type { Random } from '../random.js';
import { byTime, dealt, lane, type Lasting, type PlanFaults, targetsOf } from './fault.js';

/** A link that is half open is noticed by then, where somebody waits for what does not come. */
const NOTICED_WITHIN_MS = 15_000;
export const NOTICED = 'a broker that is half open noticed';

const STATES: readonly ((random: Random) => LinkState)[] = [
  () => ({ kind: 'cut' }),
  () => ({ kind: 'silent', direction: 'both' }),
  () => ({ kind: 'silent', direction: 'to' }),
  () => ({ kind: 'silent', direction: 'from' }),
  (random) => ({ kind: 'slices', bytes: Math.round(random.between(16, 256)) }),
  (random) => ({ kind: 'limit', bytes: Math.round(random.between(1_000, 100_000)) }),
  (random) => ({ kind: 'delay', ms: Math.round(random.between(20, 300)) }),
];

/** So many at a time, each of links of its own: of some thirty, so that most of the system can be reached. */
const LANES = 4;
const REST_MS = 1_000;

export const linkFaults: PlanFaults = (context) => {
  const { random, rig, count } = context;
  const names = targetsOf(context);
  // That of the driver is no part of the system: what it shows is how a client sees a cut, and the driver's reader comes again.
  const links = rig.links.filter(
    ({ name }) => name.startsWith('the driver') || names.some((one) => name.startsWith(one)),
  );
  const perLane = dealt(links, Math.min(LANES, links.length));
  const faults = Array.from({ length: count }, (_, index): Lasting => {
    const link = random.oneOf(perLane[index % perLane.length] ?? []);
    const state = STATES[index % STATES.length]?.(random) ?? PASS;
    const watched =
      state.kind === 'silent' && link.name.endsWith('to the broker')
        ? rig.replicas.find(({ name }) => link.name.startsWith(name))
        : undefined;
    return {
      lastsMs: random.magnitudeBetween(1_000, 60_000),
      text: `${link.name}: ${Object.values(state).join(' ')}`,
      inject: async (_rig, lastsMs) => {
        link.set(state);
        const begun = performance.now();
        let noticedAfterMs: number | undefined;
        while (performance.now() - begun < lastsMs) {
          if (watched && noticedAfterMs === undefined && !(await watched.isReady()))
            noticedAfterMs = performance.now() - begun;
          await delay(100);
        }
        link.set(PASS);
        return watched && lastsMs > NOTICED_WITHIN_MS * 1.2
          ? { what: NOTICED, tookMs: noticedAfterMs ?? Number.POSITIVE_INFINITY }
          : undefined;
      },
    };
  });
  return byTime(dealt(faults, perLane.length).flatMap((ofLane) => lane(context, REST_MS, ofLane)));
};
