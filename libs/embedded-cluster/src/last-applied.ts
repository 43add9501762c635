// What the real server does for those who go from kubectl's client-side apply to its server-side one, and for no other manager: what was
// last applied on the client's side is theirs to change, and the annotation that tells of it stays true.
import { differs, type FieldSet, managedFieldsOf } from './field-sets.js';
import { isJsonObject, type Json, type JsonObject, type KubeObject } from './objects.js';

const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

/** The fields that kubectl may take from others without force: those that are still as it applied them. */
export function fieldsLastApplied(live: KubeObject | undefined, manager: string): FieldSet {
  const text = manager === 'kubectl' ? live?.metadata.annotations?.[ANNOTATION] : undefined;
  try {
    const applied = JSON.parse(text ?? 'null') as Json;
    if (!isJsonObject(applied) || !live) return new Set();
    return new Set([...managedFieldsOf(applied, undefined)].filter((path) => !differs(path, live, applied)));
  } catch {
    // Whoever wrote the annotation wrote no JSON; it then allows nothing.
    return new Set();
  }
}

/** The object with the annotation saying what was applied now, when it has one. */
export function withLastApplied(merged: JsonObject, config: JsonObject, manager: string): JsonObject {
  const metadata = isJsonObject(merged.metadata) ? merged.metadata : {};
  const annotations = isJsonObject(metadata.annotations) ? metadata.annotations : {};
  if (manager !== 'kubectl' || annotations[ANNOTATION] === undefined) return merged;
  const text = `${JSON.stringify(sortKeys(config))}\n`;
  return { ...merged, metadata: { ...metadata, annotations: { ...annotations, [ANNOTATION]: text } } };
}

function sortKeys(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => sortKeys(item) ?? null);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortKeys(value[key])]),
  );
}
