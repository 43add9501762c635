// F9: webhook receivers that are slow, fail, redirect, hang, reset, answer without end, are gone, or ask for patience. What each tenant's own
// webhook does stays well, unless it is that receiver's turn.
import { setTimeout as delay } from 'node:timers/promises';

import type { Manner } from '../rig/receiver.js';
import { type PlanFaults, turns } from './fault.js';

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

export const badReceivers: PlanFaults = (context) =>
  turns(context, { least: 3_000, most: 10_000 }, (lastsMs, index) => {
    const manner = MANNERS[index % MANNERS.length] ?? 'failing';
    const canary = context.tenants[index % context.tenants.length]?.canary ?? '';
    return {
      text: `the receiver of ${canary}: ${manner}, ${Math.round(lastsMs)} ms`,
      inject: async (rig) => {
        rig.receiver.behave(`/${canary}`, manner);
        await delay(lastsMs);
        rig.receiver.behave(`/${canary}`, 'well');
      },
    };
  });
