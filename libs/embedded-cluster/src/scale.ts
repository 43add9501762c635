import { isJsonObject, type Json, type JsonObject, type KubeObject, textOf } from './objects.js';

/** The scale of a Deployment or ReplicaSet, as autoscaling/v1 shows it. */
export function toScale(object: KubeObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = object.status?.replicas ?? 0;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: object.spec?.replicas ?? 0 },
    status: { replicas, selector: selectorText(object.spec?.selector) },
  };
}

/** The object with the replicas and the resourceVersion of a scale. */
export function withScale(object: KubeObject, scale: JsonObject): JsonObject {
  const replicas = isJsonObject(scale.spec) ? (scale.spec.replicas ?? 0) : 0;
  const version = isJsonObject(scale.metadata) ? scale.metadata.resourceVersion : undefined;
  return {
    ...object,
    metadata: { ...object.metadata, resourceVersion: version ?? object.metadata.resourceVersion },
    spec: { ...object.spec, replicas },
  };
}

function selectorText(selector: Json | undefined): string {
  const labels = isJsonObject(selector) && isJsonObject(selector.matchLabels) ? selector.matchLabels : {};
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${textOf(value)}`)
    .join(',');
}
