// Owns the form in which a release is answered: Helm's own, with what every client may rely on. Unknown keys pass through.
// https://pkg.go.dev/helm.sh/helm/v3/pkg/release#Release, whose `omitempty` says what is left out.
import { isJson, type Json } from './release-record.js';

const RELEASE_KEYS = ['name', 'info', 'chart', 'config', 'manifest', 'hooks', 'version', 'namespace'];
const INFO_TIMES = ['first_deployed', 'last_deployed', 'deleted'];
const INFO_TEXTS = ['description', 'status', 'notes'];
const CHART_KEYS = ['metadata', 'lock', 'templates', 'values', 'schema', 'files'];
const METADATA_KEYS = [
  ...['name', 'home', 'sources', 'version', 'description', 'keywords', 'maintainers', 'icon', 'apiVersion'],
  ...['condition', 'tags', 'appVersion', 'deprecated', 'annotations', 'kubeVersion', 'dependencies', 'type'],
];
const NEVER_RUN = { started_at: '', completed_at: '', phase: '' };

/** @param namespace of the object that holds the record, for one that does not tell */
export function shapeRelease(record: Json, namespace: string): Json {
  const { info, chart, hooks, namespace: own } = record;
  return withoutEmpty(
    {
      ...record,
      ...(isJson(info) && { info: shapeInfo(info) }),
      ...(isJson(chart) && { chart: shapeChart(chart) }),
      ...(Array.isArray(hooks) && { hooks: hooks.filter(isJson).map(shapeHook) }),
      namespace: own || namespace,
    },
    RELEASE_KEYS,
  );
}

function shapeInfo(info: Json): Json {
  const times = Object.fromEntries(INFO_TIMES.map((key) => [key, info[key] ?? '']));
  return withoutEmpty({ ...times, ...info, ...times }, INFO_TEXTS);
}

function shapeChart(chart: Json): Json {
  const known = Object.fromEntries(CHART_KEYS.map((key) => [key, chart[key] ?? null]));
  const { metadata } = known;
  return { ...chart, ...known, ...(isJson(metadata) && { metadata: withoutEmpty(metadata, METADATA_KEYS) }) };
}

function shapeHook(hook: Json): Json {
  return { ...hook, last_run: { ...NEVER_RUN, ...(isJson(hook['last_run']) && hook['last_run']) } };
}

/** Without those of `keys` that say nothing, in Go's sense. */
function withoutEmpty(object: Json, keys: readonly string[]): Json {
  return Object.fromEntries(Object.entries(object).filter(([key, value]) => !keys.includes(key) || !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  return Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.keys(value).length === 0;
}
