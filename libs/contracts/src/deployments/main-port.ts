import type { Port } from './deployments.v1.js';

/** The port that probes, the Service's public side, the Ingress and `mainPort` of a change speak of: the first published tcp port, else the first tcp port. */
export function mainPortOf(ports: readonly Port[]): Port | null {
  const tcp = ports.filter(({ protocol }) => protocol === 'tcp');
  return tcp.find(({ published }) => published) ?? tcp[0] ?? null;
}
