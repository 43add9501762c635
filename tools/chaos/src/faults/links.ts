// F5: any link is cut, delayed, or half open, both ways or one, for a while. Nobody is started again for it.
import { setTimeout as delay } from 'node:timers/promises';

import type { LinkState } from '../rig/link.js';
import { PASS } from '../rig/link.js';
import type { Random } from '../random.js';
import { moments, type PlanFaults, targetsOf } from './fault.js';

/** A link that is half open is noticed by then, where somebody waits for what does not come. */
const NOTICED_WITHIN_MS = 15_000;
export const NOTICED = 'a broker that is half open noticed';

const STATES: readonly ((random: Random) => LinkState)[] = [
  () => ({ kind: 'cut' }),
  () => ({ kind: 'silent', direction: 'both' }),
  () => ({ kind: 'silent', direction: 'to' }),
  () => ({ kind: 'silent', direction: 'from' }),
  (random) => ({ kind: 'delay', ms: Math.round(random.between(20, 300)) }),
];

export const linkFaults: PlanFaults = (context) =>
  moments(context).map((atMs, index) => {
    const { random, rig, loadMs } = context;
    const names = targetsOf(context);
    // That of the driver is no part of the system: what it shows is how a client sees a cut, and the driver's reader comes again.
    const links = rig.links.filter(
      ({ name }) => name.startsWith('the driver') || names.some((one) => name.startsWith(one)),
    );
    const link = random.oneOf(links);
    const state = STATES[index % STATES.length]?.(random) ?? PASS;
    const lastsMs = Math.min(random.between(1_000, 60_000), loadMs - atMs);
    return {
      atMs,
      text: `${link.name}: ${Object.values(state).join(' ')}, ${Math.round(lastsMs)} ms`,
      inject: async () => {
        link.set(state);
        const begun = performance.now();
        let noticedAfterMs: number | undefined;
        const watched =
          state.kind === 'silent' && link.name.endsWith('to the broker') && lastsMs > NOTICED_WITHIN_MS * 1.2
            ? rig.replicas.find(({ name }) => link.name.startsWith(name))
            : undefined;
        while (performance.now() - begun < lastsMs) {
          if (watched && noticedAfterMs === undefined && !(await watched.isReady()))
            noticedAfterMs = performance.now() - begun;
          await delay(100);
        }
        link.set(PASS);
        return watched && { what: NOTICED, tookMs: noticedAfterMs ?? Number.POSITIVE_INFINITY };
      },
    };
  });
