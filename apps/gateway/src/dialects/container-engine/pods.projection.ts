import type { PodList } from '@slipway/contracts';

import type { PodsOfDeployment } from './pods.dto.js';
import { toTime } from './time.js';

export function toPods({ pods }: PodList): PodsOfDeployment {
  return {
    pods: pods.map(({ name, phase, ready, restarts, node, createdAt, reason, message }) => ({
      name,
      status: phase,
      ready,
      restart_count: restarts,
      node_name: node,
      created_at: toTime(createdAt),
      reason: reason || null,
      message: message || null,
    })),
  };
}
