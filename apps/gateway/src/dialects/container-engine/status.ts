// The core's phases in this dialect's words.
import { Phase, type AppStatus, type AppView, type ListApps, type PodView } from '@slipway/contracts';

import type { DeploymentStatus } from './deployments.dto.js';
import { toTimeOrNull } from './time.js';

export const STATUSES = [
  'pending',
  'deploying',
  'starting',
  'running',
  'updating',
  'scaling',
  'stopping',
  'stopped',
  'failed',
  'deleting',
] as const;
export type Status = (typeof STATUSES)[number];

/** What has run before is starting, not deploying. */
export function statusOf(phase: Phase, hasRun: boolean): Status {
  return phase === Phase.deploying && hasRun ? 'starting' : phase;
}

export function statusOfApp({ status }: AppView): Status {
  return statusOf(status.phase, status.readyOnce);
}

/** What the core is asked for when a list is filtered by these: `starting` and `deploying` are one phase there. */
export function filterOf(statuses: readonly Status[]): Pick<ListApps, 'phases' | 'readyOnce'> {
  const phases = [...new Set(statuses.map((status) => (status === 'starting' ? Phase.deploying : status)))];
  const [starting, deploying] = [statuses.includes('starting'), statuses.includes('deploying')];
  return { phases, ...(starting !== deploying && { readyOnce: starting }) };
}

/** `<reason>: <message>` of what failed, else null. */
export function errorMessageOf({
  phase,
  reason,
  message,
}: Pick<AppStatus, 'phase' | 'reason' | 'message'>): string | null {
  if (phase !== Phase.failed) return null;
  return [reason, message].filter((part) => part !== '').join(': ') || null;
}

export function toDeploymentStatus(app: AppView, now: number): DeploymentStatus {
  const { counts, observedAt, restarts, reason, message } = app.status;
  return {
    status: statusOfApp(app),
    health: healthOf(app),
    replicas: { desired: counts.desired, ready: counts.ready, available: counts.available },
    last_health_check: toTimeOrNull(observedAt),
    uptime: uptimeOf(app.pods ?? [], now),
    restart_count: restarts,
    reason: reason || null,
    message: message || null,
  };
}

/** A cluster that cannot be seen says nothing about health, whatever was seen last. */
function healthOf({ stopped, status }: AppView): DeploymentStatus['health'] {
  const { counts, phase, reason } = status;
  if (stopped || phase === Phase.stopped) return 'inactive';
  if (reason === 'ClusterUnreachable') return 'unknown';
  if (counts.ready === 0) return phase === Phase.failed ? 'unhealthy' : 'unknown';
  return counts.ready >= counts.desired ? 'healthy' : 'degraded';
}

function uptimeOf(pods: readonly PodView[], now: number): string {
  const starts = pods.flatMap(({ ready, startedAt }) => (ready && startedAt ? [Date.parse(startedAt)] : []));
  return starts.length === 0 ? '0s' : durationText(now - Math.min(...starts));
}

/** `0s`, `12m3s`, `1h0m5s`, `2d3h0m5s`: from the largest unit that is not zero. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first < 0 ? -1 : first)
    .map(([count, unit]) => `${count}${unit}`)
    .join('');
}
