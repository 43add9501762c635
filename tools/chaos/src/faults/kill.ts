// F1: `kill -9` of any replica at any moment. The supervisor starts it again at once.
import { moments, type PlanFaults, targetsOf } from './fault.js';

export const kills: PlanFaults = (context) =>
  moments(context).map((atMs) => {
    const name = context.random.oneOf(targetsOf(context));
    return {
      atMs,
      text: `kill -9 ${name}`,
      inject: async (rig) => {
        rig.replicaOf(name).signal('SIGKILL');
      },
    };
  });
