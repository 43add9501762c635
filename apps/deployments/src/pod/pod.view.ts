import type { PodView } from '@slipway/contracts';
import type { V1Pod } from '@slipway/cluster';

import { isReady } from '../reconciler/observed-status.js';

export function toPodView(pod: V1Pod): PodView {
  const { metadata, spec, status } = pod;
  const containers = status?.containerStatuses ?? [];
  const ready = isReady(pod);
  const telling = containers.map(
    ({ state, lastState }) => state?.waiting ?? state?.terminated ?? lastState?.terminated,
  );
  // A ready pod is in no trouble, whatever ended in it before.
  const trouble = ready ? undefined : telling.find((state) => state !== undefined);
  return {
    name: metadata.name,
    phase: metadata.deletionTimestamp === undefined ? (status?.phase ?? 'Pending') : 'Terminating',
    ready,
    restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
    node: spec?.nodeName ?? null,
    ip: status?.podIP ?? null,
    createdAt: metadata.creationTimestamp ?? new Date(0).toISOString(),
    startedAt: status?.startTime ?? null,
    reason: (trouble?.reason ?? status?.reason ?? '').slice(0, 128),
    message: (trouble?.message ?? status?.message ?? '').slice(0, 4096),
  };
}
