// The variables that every service with a cluster reads, declared once for all configuration classes: the fields of ClusterSource.
import { CheckedBy, Variable } from '@slipway/runtime';
import { IsInt } from 'class-validator';

import { type ClusterSource, connectionOf } from './cluster-connection.js';

const HTTPS_PORT = 443;

/** `KUBECONFIG_PATH`; that the file can be used is checked with the other variables. */
export function KubeconfigPath(): PropertyDecorator {
  return (target, property) => {
    Variable('KUBECONFIG_PATH', {
      description: 'Kubeconfig of the cluster; default: that of the pod it runs in.',
    })(target, property);
    CheckedBy((_: string, source: ClusterSource) => connectionOf(source))(target, property);
  };
}

/** `KUBECONFIG_CONTEXT`. */
export function KubeconfigContext(): PropertyDecorator {
  return Variable('KUBECONFIG_CONTEXT', { description: 'Context in that file; default: its current one.' });
}

/** `KUBERNETES_SERVICE_HOST`. */
export function KubernetesServiceHost(): PropertyDecorator {
  return Variable('KUBERNETES_SERVICE_HOST', { description: 'Set by Kubernetes inside a pod.' });
}

/** `KUBERNETES_SERVICE_PORT`, 443 by default. */
export function KubernetesServicePort(): PropertyDecorator {
  return (target, property) => {
    Variable('KUBERNETES_SERVICE_PORT', {
      type: 'integer',
      default: HTTPS_PORT,
      description: 'Set by Kubernetes inside a pod.',
    })(target, property);
    IsInt()(target, property);
  };
}
