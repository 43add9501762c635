import { isOf } from './managed-fields.js';
import {
  isJsonObject,
  type JsonObject,
  type KubeObject,
  type LabelSelector,
  type ManagedFieldsEntry,
  textOf,
} from './objects.js';

/** The scale of a Deployment or ReplicaSet, as autoscaling/v1 shows it. */
export function toScale(object: KubeObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = object.spec?.replicas;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas ? { replicas } : {},
    status: {
      replicas: object.status?.replicas ?? 0,
      selector: selectorText((object.spec?.selector ?? {}) as LabelSelector),
    },
  };
}

/** The scale with who owns its replicas: the managers of the object's own. */
export function managedScale(object: KubeObject): JsonObject {
  const scale = toScale(object);
  const managedFields = (object.metadata.managedFields ?? []).flatMap((entry) => {
    const { spec } = { spec: entry.fieldsV1['f:spec'] };
    if (!isJsonObject(spec) || !('f:replicas' in spec)) return [];
    return [{ ...entry, apiVersion: 'autoscaling/v1', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }];
  });
  return {
    ...scale,
    metadata: { ...(scale.metadata as JsonObject), ...(managedFields.length ? { managedFields } : {}) },
  };
}

/** The object with the replicas, the resourceVersion and the managers of a scale. */
export function withScale(object: KubeObject, scale: JsonObject): JsonObject {
  const replicas = isJsonObject(scale.spec) ? (scale.spec.replicas ?? 0) : 0;
  const metadata = isJsonObject(scale.metadata) ? scale.metadata : {};
  const resourceVersion = metadata.resourceVersion ?? object.metadata.resourceVersion;
  const managed = (Array.isArray(metadata.managedFields)
    ? metadata.managedFields
    : []) as unknown as ManagedFieldsEntry[];
  const managedFields = [
    ...(object.metadata.managedFields ?? []).flatMap((entry) => {
      const spec = entry.fieldsV1['f:spec'];
      if (!isJsonObject(spec) || !('f:replicas' in spec)) return [entry];
      if (managed.some((other) => isOf(other, entry.operation, entry, 'autoscaling/v1'))) return [entry];
      const { 'f:replicas': _replicas, ...others } = spec;
      const { 'f:spec': _spec, ...rest } = entry.fieldsV1;
      const fieldsV1 = Object.keys(others).length ? { ...rest, 'f:spec': others } : rest;
      return Object.keys(fieldsV1).length ? [{ ...entry, fieldsV1 }] : [];
    }),
    ...managed
      .filter(
        (entry) =>
          !(object.metadata.managedFields ?? []).some((other) =>
            isOf(other, entry.operation, entry, object.apiVersion),
          ),
      )
      .map((entry) => ({ ...entry, apiVersion: object.apiVersion })),
  ];
  return {
    ...object,
    metadata: { ...object.metadata, resourceVersion, ...(metadata.managedFields ? { managedFields } : {}) },
    spec: { ...object.spec, replicas },
  };
}

function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const requirements = [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, text: `${key}=${textOf(value)}` })),
    ...matchExpressions.map(({ key, operator, values = [] }) => {
      const list = values.toSorted().join(',');
      const texts: Record<string, string> = {
        In: `${key} in (${list})`,
        NotIn: `${key} notin (${list})`,
        Exists: key,
        DoesNotExist: `!${key}`,
      };
      return { key, text: texts[operator] ?? key };
    }),
  ];
  return requirements
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ text }) => text)
    .join(',');
}
