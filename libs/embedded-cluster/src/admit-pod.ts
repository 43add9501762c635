// What the real server's admission adds to each pod: its service account with the volume of its token, its priority, and how long it
// stays on a node that is lost. The volume is only written down, as all volumes are here.
import { isJsonObject, type Json, type JsonObject, type KubeObject } from './objects.js';
import { randomSuffix } from './random-suffix.js';

const ACCOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const SECONDS_ON_LOST_NODE = 300;

export function admitPod(pod: KubeObject): KubeObject {
  const { serviceAccountName = 'default' } = pod.spec ?? {};
  const spec: JsonObject = {
    serviceAccountName,
    serviceAccount: serviceAccountName,
    enableServiceLinks: true,
    priority: 0,
    preemptionPolicy: 'PreemptLowerPriority',
    ...pod.spec,
    tolerations: tolerations(list(pod.spec?.tolerations)),
  };
  return { ...pod, spec: spec.automountServiceAccountToken === false ? spec : withToken(spec) };
}

function tolerations(given: JsonObject[]): Json {
  const added = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !given.some((toleration) => toleration.key === key || toleration.key === undefined))
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS_ON_LOST_NODE }));
  return [...given, ...added];
}

function withToken(spec: JsonObject): JsonObject {
  const name = `kube-api-access-${randomSuffix()}`;
  const containers = (field: string): JsonObject =>
    Array.isArray(spec[field])
      ? { [field]: list(spec[field]).map((container) => ({ ...container, volumeMounts: mounts(container, name) })) }
      : {};
  const sources = [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
      },
    },
  ];
  const volume = { name, projected: { defaultMode: 420, sources } };
  return {
    ...spec,
    ...containers('initContainers'),
    ...containers('containers'),
    volumes: [...list(spec.volumes), volume],
  };
}

function mounts(container: JsonObject, name: string): Json {
  const given = list(container.volumeMounts);
  if (given.some(({ mountPath }) => mountPath === ACCOUNT_PATH)) return given;
  return [...given, { name, readOnly: true, mountPath: ACCOUNT_PATH }];
}

function list(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
