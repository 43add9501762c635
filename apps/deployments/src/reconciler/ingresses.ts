// Owns the Ingresses of an App: one for its own host, and one for the hosts that its user has proven, so that certificates and mistakes of
// these never touch the first. Pure.
import type { KubeObject, V1Ingress } from '@slipway/cluster';

/** What the cluster offers for them, see `Rendering`. */
interface Offered {
  readonly ingressClass: string | null;
  readonly certIssuer: string | null;
}

/** The port of a Service, by its name. */
interface Backend {
  readonly service: { readonly name: string; readonly port: { readonly name: string } };
}

export function ingresses(
  metadata: KubeObject['metadata'],
  hosts: { readonly own: string | null; readonly domains: readonly string[] },
  backend: Backend,
  offered: Offered,
): V1Ingress[] {
  const { name } = metadata;
  // A dot is in no name of an App, so no other App has this one.
  const second = { ...metadata, name: `${name}.domains`, ...issuedBy(offered.certIssuer) };
  return [
    ...(hosts.own ? [ingress(metadata, [hosts.own], backend, offered)] : []),
    ...(hosts.domains.length > 0
      ? [withTls(ingress(second, hosts.domains, backend, offered), hosts.domains, offered)]
      : []),
  ];
}

function ingress(
  metadata: KubeObject['metadata'],
  hosts: readonly string[],
  backend: Backend,
  { ingressClass }: Offered,
): V1Ingress {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata,
    spec: {
      ...(ingressClass && { ingressClassName: ingressClass }),
      rules: hosts.map((host) => ({ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } })),
    },
  };
}

function issuedBy(certIssuer: string | null): Pick<KubeObject['metadata'], 'annotations'> {
  return certIssuer ? { annotations: { 'cert-manager.io/cluster-issuer': certIssuer } } : {};
}

// A certificate for each host: one that cannot be issued keeps no other waiting. Its Secret is called as the host, which has a dot, as no
// Secret of ours has.
function withTls(object: V1Ingress, hosts: readonly string[], { certIssuer }: Offered): V1Ingress {
  if (!certIssuer) return object;
  return {
    ...object,
    spec: { ...object.spec, tls: hosts.map((host) => ({ hosts: [host], secretName: host })) },
  };
}
