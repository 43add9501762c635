import type { Refused } from './clean-connection.js';
import { readKubeconfig, textOf } from './read-kubeconfig.js';
import { isRefused } from './clean-connection.js';
import { rebuildContext, type KubeconfigPolicy } from './rebuild-kubeconfig.js';

export interface ContextSummary {
  /** May hold any character, such as the colons and slashes of a cloud provider's names. */
  readonly name: string;
  /** As the file writes it. */
  readonly server: string;
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string;
  /** From 0, in the order of the file. */
  readonly position: number;
  /** Whether Slipway would use the context, or why it never does. */
  readonly allowed: true | Refused;
}

/**
 * Every context of a kubeconfig in the order of the file, also those that are refused: one bad context spoils nothing.
 * Opens no file, no connection, no process. Throws KubeconfigError when the file as a whole is unusable.
 */
export function listContexts(text: string, policy: KubeconfigPolicy = {}): ContextSummary[] {
  const file = readKubeconfig(text);
  return file.contexts.map((context, position) => {
    const rebuilt = rebuildContext(file, context, policy);
    return {
      name: context.name,
      server: textOf(file.clusters.get(context.cluster) ?? {}, 'server', undefined) ?? '',
      cluster: context.cluster,
      user: context.user,
      namespace: context.namespace,
      position,
      allowed: isRefused(rebuilt) ? rebuilt : true,
    };
  });
}
