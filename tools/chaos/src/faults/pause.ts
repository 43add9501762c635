// F6: processes stand still (SIGSTOP) for longer than a message waits for its settlement or a lease lasts, and go on as if nothing had been.
import { setTimeout as delay } from 'node:timers/promises';

import type { Rig } from '../rig/rig.js';
import { byTime, dealt, lane, type Lasting, type PlanFaults, targetsOf } from './fault.js';

const [LEADER, BROKER, DATABASE] = ['the leader', 'broker', 'database'];
/** Of eight pauses three are of the broker or the database: 30 of the matrix' 80. */
const OF_BACKENDS = 3 / 8;
const SERVICE_REST_MS = 15_000;
const BACKEND_REST_MS = 20_000;
/** The first is the leader's, and longer than a message waits for its settlement and a lease lasts, so that a short run has that. */
const FIRST_MS = 40_000;

export const pauses: PlanFaults = (context) => {
  const { count, random, targets } = context;
  const mayLead = (name: string): boolean => name.startsWith('deployments-');
  const names = targetsOf(context);
  // Two services may stand still at once, and no process twice.
  const services = [
    names.filter(mayLead).flatMap((name) => [name, LEADER]),
    names.filter((name) => !mayLead(name)),
  ].filter((ofLane) => ofLane.length > 0);
  const ofBackends = targets.length === 0 ? Math.floor(count * OF_BACKENDS) : 0;
  const pausesOf = (all: readonly (readonly string[])[], many: number): Lasting[] =>
    Array.from({ length: many }, (_, index) => {
      const ofLane = all[index % all.length] ?? [];
      const drawn = random.oneOf(ofLane);
      const name = index === 0 && ofLane.includes(LEADER) ? LEADER : drawn;
      return {
        lastsMs: index === 0 ? FIRST_MS : random.magnitudeBetween(5_000, 120_000),
        text: `SIGSTOP ${name}`,
        inject: async (rig, lastsMs) => {
          const paused = name === LEADER ? (rig.leader() ?? 'deployments-1') : name;
          signal(rig, paused, 'SIGSTOP');
          await delay(lastsMs);
          signal(rig, paused, 'SIGCONT');
        },
      };
    });
  return byTime([
    ...dealt(pausesOf(services, count - ofBackends), services.length).flatMap((ofLane) =>
      lane(context, SERVICE_REST_MS, ofLane),
    ),
    ...lane(context, BACKEND_REST_MS, pausesOf([[BROKER], [DATABASE]], ofBackends)),
  ]);
};

function signal(rig: Rig, name: string, sent: NodeJS.Signals): void {
  if (name === BROKER) process.kill(rig.broker.pid, sent);
  else if (name === DATABASE) rig.database.signal(sent);
  else rig.replicaOf(name).signal(sent);
}
