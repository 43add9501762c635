// F2: the only broker ends, is asked to leave, or is drained, and comes back on the same store. No service ends with it.
import { setTimeout as delay } from 'node:timers/promises';

import { lane, type PlanFaults, untilAllReady } from './fault.js';

const WAYS = ['SIGKILL', 'SIGTERM', 'drain'] as const;
const REST_MS = 4_000;

export const BROKER_BACK = 'ready again after the broker came back';

export const brokerEnds: PlanFaults = (context) =>
  lane(
    context,
    REST_MS,
    Array.from({ length: context.count }, () => {
      const how = context.random.oneOf(WAYS);
      return {
        lastsMs: context.random.between(200, 4_000),
        text: `broker ${how}`,
        inject: async (rig, lastsMs) => {
          await rig.broker.end(how);
          await delay(lastsMs);
          await rig.broker.start();
          return untilAllReady(rig, BROKER_BACK);
        },
      };
    }),
  );
