import { isIP, isIPv4, isIPv6 } from 'node:net';

import { IsBoolean, IsIn, IsInt, IsUrl, Matches, Max, Min } from 'class-validator';

import { KubeconfigContext, KubeconfigPath, KubernetesServiceHost, KubernetesServicePort } from '@slipway/cluster';
import { isDnsLabel, isDnsName } from '@slipway/contracts';
import { NatsUrl, SealPrivateKey } from '@slipway/messaging';
import { OutboundAllow } from '@slipway/outbound';
import { DatabaseUrl, EncryptionKeys } from '@slipway/persistence';
import { Fits, Variable } from '@slipway/runtime';

const DOMAIN_SUFFIX = 'vinhomes.co.uk';
const RESERVED_HOSTS = ['www', 'api', 'app', 'admin', 'mail'];
const KUBERNETES_NAMESPACE = 'slipway-system';
const MAX_REPLICAS = 100;
const ENVIRONMENT_MAX_PODS = 500;
const RESYNC_SECONDS = 300;
/** Roles of access control may have more than a DNS name has. */
const ROLE_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$/;
const NOT_A_NAME = 'has to be a DNS name in lower case';
const NOT_A_LABEL = 'has to be a DNS label in lower case';

export class DeploymentsConfig {
  @DatabaseUrl() databaseUrl: string;
  @NatsUrl() natsUrl: string;
  @EncryptionKeys() encryptionKeys: string;
  @SealPrivateKey() sealPrivateKey: string;
  @KubeconfigPath() kubeconfigPath?: string;
  @KubeconfigContext() kubeconfigContext?: string;
  @KubernetesServiceHost() kubernetesServiceHost?: string;
  @KubernetesServicePort() kubernetesServicePort: number;

  @Variable('KUBERNETES_NAMESPACE', {
    default: KUBERNETES_NAMESPACE,
    description: "Namespace of Slipway's own objects, such as the leader's lease; made when it is missing.",
  })
  @Fits(isDnsLabel, NOT_A_LABEL)
  kubernetesNamespace: string;

  @Variable('ENVIRONMENT_ROLE', {
    description:
      'ClusterRole that Slipway binds to itself in the namespace of each environment, for its Secrets; default: none, for a user who may read Secrets anyway.',
  })
  @Matches(ROLE_NAME)
  environmentRole?: string;

  @Variable('DOMAIN_SUFFIX', {
    default: DOMAIN_SUFFIX,
    placeholder: true,
    description: 'Hosts of apps are names under it.',
  })
  @Fits(isDnsName, NOT_A_NAME)
  domainSuffix: string;

  @Variable('URL_SCHEME', { default: 'https', description: 'Scheme of the URLs of apps: `https` or `http`.' })
  @IsIn(['https', 'http'])
  urlScheme: 'https' | 'http';

  @Variable('RESERVED_HOSTS', {
    type: 'list',
    default: RESERVED_HOSTS,
    description: 'Names under DOMAIN_SUFFIX, or whole hosts, that no app gets, beside that of PUBLIC_URL.',
  })
  @Fits((host) => isDnsName(host.toLowerCase()), 'has to be a list of names or hosts')
  reservedHosts: readonly string[];

  @Variable('PUBLIC_URL', {
    description: 'Where clients reach the gateway; no app gets its host. Default: http://localhost:<PORT>.',
  })
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false })
  publicUrl?: string;

  @Variable('INGRESS_CLASS', { description: "Class of the Ingresses; default: the cluster's." })
  @Fits(isDnsName, NOT_A_NAME)
  ingressClass?: string;

  @Variable('INGRESS_ADDRESS', {
    description:
      "Where the hosts of apps have to lead, an IP address or a name; default: what the Ingress says of its load balancer, else a node's address.",
  })
  @Fits(isAddress, 'has to be an IP address or a DNS name')
  ingressAddress?: string;

  @Variable('INGRESS_NAMESPACE', {
    description:
      'The only other namespace from which apps are reached; default: every one that Slipway does not manage.',
  })
  @Fits(isDnsLabel, NOT_A_LABEL)
  ingressNamespace?: string;

  @Variable('CERT_ISSUER', {
    description:
      'ClusterIssuer of cert-manager for the certificates of verified domains; default: none, their Ingress has no TLS. Its HTTP-01 solvers need `http01.ingress.serviceType: ClusterIP`, since the quota of a namespace allows no NodePort.',
  })
  @Fits(isDnsName, NOT_A_NAME)
  certIssuer?: string;

  @Variable('DOMAIN_VERIFY', {
    default: 'dns',
    description:
      'How it is proven whose a domain is: `dns`, by a TXT record, or `off`, for closed networks, where every domain is taken at its word.',
  })
  @IsIn(['dns', 'off'])
  domainVerify: 'dns' | 'off';

  @Variable('DOMAIN_RESOLVERS', {
    type: 'list',
    default: [],
    description:
      "Name servers that are asked for TXT records, as IP addresses, with a port when it is not 53; default: the system's.",
  })
  @Fits(isNameServer, 'has to be a list of IP addresses, as in 10.0.0.2, 10.0.0.2:5353 or [fd00::2]:5353')
  domainResolvers: readonly string[];

  @Variable('IMAGE_CHECK', {
    type: 'boolean',
    default: false,
    description: 'Whether a registry is asked for an image before a deployment is accepted, for three seconds at most.',
  })
  @IsBoolean()
  imageCheck: boolean;

  @OutboundAllow() outboundAllow: readonly string[];

  @Variable('POD_SECURITY', {
    default: 'baseline',
    description: 'Pod security standard of new namespaces: `baseline` or `restricted`.',
  })
  @IsIn(['baseline', 'restricted'])
  podSecurity: 'baseline' | 'restricted';

  @Variable('MAX_REPLICAS', { type: 'integer', default: MAX_REPLICAS, description: 'Most replicas of an app.' })
  @IsInt()
  @Min(1)
  @Max(10_000)
  maxReplicas: number;

  @Variable('MAX_DEPLOYMENTS_PER_USER', {
    type: 'integer',
    default: 0,
    description: 'Most apps that a user owns; 0 is no limit.',
  })
  @IsInt()
  @Min(0)
  maxDeploymentsPerUser: number;

  @Variable('ENVIRONMENT_MAX_PODS', {
    type: 'integer',
    default: ENVIRONMENT_MAX_PODS,
    description: 'Most pods in an environment that several apps share.',
  })
  @IsInt()
  @Min(1)
  environmentMaxPods: number;

  @Variable('RESYNC_SECONDS', {
    type: 'integer',
    default: RESYNC_SECONDS,
    description: 'How often an app that rests is compared with the cluster all the same.',
  })
  @IsInt()
  @Min(1)
  resyncSeconds: number;
}

/** A name whose last label is a number would be an IPv4 address, and is none. */
function isAddress(text: string): boolean {
  return isIP(text) !== 0 || (isDnsName(text.toLowerCase()) && !/(?:^|\.)\d+$/.test(text));
}

/** What `setServers` takes; it would say no only with the first question. */
function isNameServer(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const [, six = '', four = '', port = '53'] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  return (isIPv6(six) || isIPv4(four)) && Number(port) >= 1 && Number(port) <= 65_535;
}

/** Names under DOMAIN_SUFFIX and whole hosts that nobody gets: those that are listed, and the gateway's own. */
export function reservedHostsOf({ reservedHosts, publicUrl }: Readonly<DeploymentsConfig>): string[] {
  return [...reservedHosts, publicUrl ? new URL(publicUrl).hostname : 'localhost'];
}
