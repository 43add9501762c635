// F6: a process stands still (SIGSTOP) for longer than a message waits for its settlement or a lease lasts, and goes on as if nothing had been.
import { setTimeout as delay } from 'node:timers/promises';

import type { Rig } from '../rig/rig.js';
import { type PlanFaults, targetsOf, turns } from './fault.js';

const [BROKER, DATABASE] = ['broker', 'database'];

export const pauses: PlanFaults = (context) =>
  turns(context, { least: 5_000, most: 120_000 }, (lastsMs) => {
    const { random, targets } = context;
    const paused = random.oneOf([...targetsOf(context), ...(targets.length === 0 ? [BROKER, DATABASE] : [])]);
    return {
      text: `SIGSTOP ${paused}, ${Math.round(lastsMs)} ms`,
      inject: async (rig) => {
        signal(rig, paused, 'SIGSTOP');
        await delay(lastsMs);
        signal(rig, paused, 'SIGCONT');
      },
    };
  });

function signal(rig: Rig, name: string, sent: NodeJS.Signals): void {
  if (name === BROKER) process.kill(rig.broker.pid, sent);
  else if (name === DATABASE) rig.database.signal(sent);
  else rig.replicaOf(name).signal(sent);
}
