import { type Container, isJsonObject, type JsonObject } from '../objects.js';
import type { Store } from '../store.js';

/** What keeps a container from being created, as the kubelet words it: `secret "web-env" not found`. */
export function missingConfiguration(
  store: Store,
  namespace: string | undefined,
  container: Container,
): string | undefined {
  const obstacles: (string | undefined)[] = [
    ...(container.envFrom ?? []).flatMap(({ secretRef, configMapRef }) => [
      secretRef && !secretRef.optional ? absent(store, 'secrets', namespace, secretRef.name) : undefined,
      configMapRef && !configMapRef.optional ? absent(store, 'configmaps', namespace, configMapRef.name) : undefined,
    ]),
    ...(container.env ?? []).flatMap(({ valueFrom }) => {
      const { secretKeyRef: secret, configMapKeyRef: map } = valueFrom ?? {};
      return [
        secret && !secret.optional ? absentKey(store, 'secrets', namespace, secret) : undefined,
        map && !map.optional ? absentKey(store, 'configmaps', namespace, map) : undefined,
      ];
    }),
  ];
  return obstacles.find((obstacle) => obstacle !== undefined);
}

type Source = 'secrets' | 'configmaps';

function absent(store: Store, source: Source, namespace: string | undefined, name: string): string | undefined {
  if (store.get(source, namespace, name)) return undefined;
  return `${source === 'secrets' ? 'secret' : 'configmap'} "${name}" not found`;
}

function absentKey(
  store: Store,
  source: Source,
  namespace: string | undefined,
  { name, key }: { name: string; key: string },
): string | undefined {
  const object: JsonObject | undefined = store.get(source, namespace, name);
  if (!object) return absent(store, source, namespace, name);
  if (isJsonObject(object.data) && object.data[key] !== undefined) return undefined;
  const what = source === 'secrets' ? 'Secret' : 'ConfigMap';
  return `couldn't find key ${key} in ${what} ${namespace}/${name}`;
}
