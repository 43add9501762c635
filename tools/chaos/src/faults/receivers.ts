// F9: webhook receivers that are slow, fail, redirect, hang, reset, answer without end, ask for patience, or are gone. What each tenant's own
// webhook does stays well, unless it is that receiver's turn. One that is gone has its webhook disabled: its owner subscribes anew, elsewhere.
import { setTimeout as delay } from 'node:timers/promises';

import { containerEngine } from '../driver/container-engine.js';
import type { Tenant } from '../driver/tenant.js';
import { nameOf } from '../driver/workload.js';
import type { Manner } from '../rig/receiver.js';
import type { Rig } from '../rig/rig.js';
import { byTime, dealt, lane, type Lasting, type PlanFaults } from './fault.js';

const MANNERS: readonly Manner[] = [
  'slow',
  'failing',
  'redirecting',
  'hanging',
  'resetting',
  'flooding',
  'limiting',
  'gone',
];
const REST_MS = 4_000;

export const badReceivers: PlanFaults = (context) => {
  const { tenants, random, count } = context;
  // The last part of a webhook's path is how often its owner has had to subscribe anew.
  const moves = new Map<string, number>();
  const faults = Array.from({ length: count }, (_, index): Lasting => {
    const manner = MANNERS[index % MANNERS.length] ?? 'failing';
    const tenant = tenants[index % tenants.length];
    return {
      lastsMs: random.between(3_000, 10_000),
      text: `the receiver of ${tenant?.canary}: ${manner}`,
      inject: async (rig, lastsMs) => {
        if (!tenant) return;
        const moved = moves.get(tenant.canary) ?? 0;
        const path = pathOf(tenant, moved);
        rig.receiver.behave(path, manner);
        await delay(lastsMs);
        if (manner === 'gone') {
          moves.set(tenant.canary, moved + 1);
          await subscribeAnew(rig, tenant, moved + 1);
        } else rig.receiver.behave(path, 'well');
      },
    };
  });
  // Two tenants may have a bad receiver at once: the third is to notice nothing.
  return byTime(dealt(faults, Math.min(2, count)).flatMap((ofLane) => lane(context, REST_MS, ofLane)));
};

function pathOf({ canary }: Tenant, moved: number): string {
  return moved === 0 ? `/${canary}` : `/${canary}/${moved}`;
}

async function subscribeAnew(rig: Rig, tenant: Tenant, moved: number): Promise<void> {
  const { method, path, body } = containerEngine.subscribe(
    nameOf(tenant, 'hook', moved),
    `${rig.receiverUrl}${pathOf(tenant, moved)}`,
  );
  const answer = await fetch(new URL(path, rig.gatewayUrls[0]), {
    method,
    headers: { authorization: `Bearer ${tenant.credential}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.status !== 201)
    throw new Error(`${tenant.canary} could not subscribe anew: ${answer.status} ${await answer.text()}`);
}
