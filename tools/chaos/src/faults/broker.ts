// F2: the only broker ends, is asked to leave, or is drained, and comes back on the same store. No service ends with it.
import { setTimeout as delay } from 'node:timers/promises';

import { type PlanFaults, turns, untilAllReady } from './fault.js';

const WAYS = ['SIGKILL', 'SIGTERM', 'drain'] as const;

export const BROKER_BACK = 'ready again after the broker came back';

export const brokerEnds: PlanFaults = (context) =>
  turns(context, { least: 200, most: 4_000 }, (lastsMs) => {
    const how = context.random.oneOf(WAYS);
    return {
      text: `broker ${how}, away for ${Math.round(lastsMs)} ms`,
      inject: async (rig) => {
        await rig.broker.end(how);
        await delay(lastsMs);
        await rig.broker.start();
        return untilAllReady(rig, BROKER_BACK);
      },
    };
  });
