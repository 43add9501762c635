// The variables that every service with a cluster reads, declared once for all configuration classes: the fields of ClusterSource.
import { Variable } from '@slipway/runtime';
import { IsInt } from 'class-validator';

const HTTPS_PORT = 443;

/** `KUBECONFIG_PATH`. */
export function KubeconfigPath(): PropertyDecorator {
  return Variable('KUBECONFIG_PATH', {
    description: 'Kubeconfig of the cluster; default: that of the pod it runs in.',
  });
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
