import { parseYaml } from './parse-yaml.js';

const MAX_CONTEXTS = 1000;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export type Fields = Readonly<Record<string, unknown>>;

export interface NamedContext {
  readonly name: string;
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string;
}

/** A kubeconfig that passed the checks of the whole file. Clusters and users still hold whatever the file says of them. */
export interface ReadKubeconfig {
  readonly currentContext?: string;
  /** In the order of the file. */
  readonly contexts: readonly NamedContext[];
  readonly clusters: ReadonlyMap<string, Fields>;
  readonly users: ReadonlyMap<string, Fields>;
}

/** The file as a whole is unusable. `entry` names the part, such as `cluster "quay"`; the message names the part and the rule. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
  constructor(
    readonly entry: string | undefined,
    readonly rule: string,
  ) {
    super(`${entry ?? 'the kubeconfig'} ${rule}`);
  }
}

/** Reads and checks the text without opening a file, a connection or a process. Throws KubeconfigError, and nothing else. */
export function readKubeconfig(text: string): ReadKubeconfig {
  const file = readMapping(text);
  expectWord(file, 'apiVersion', 'v1');
  expectWord(file, 'kind', 'Config');
  const clusters = readNamed(file, 'clusters', 'cluster');
  const users = readNamed(file, 'users', 'user');
  const contextFields = readNamed(file, 'contexts', 'context');
  const currentContext = textOf(file, 'current-context', undefined);
  if (
    clusters.size + users.size + contextFields.size === 0 &&
    currentContext === undefined &&
    Object.keys(fieldsOf(file['preferences'])).length === 0
  ) {
    throw new KubeconfigError(undefined, 'has no clusters, users, contexts or preferences');
  }
  for (const [name, cluster] of clusters) {
    checkCluster(`cluster "${name}"`, cluster);
  }
  for (const [name, user] of users) {
    checkUser(`user "${name}"`, user);
  }
  if (contextFields.size > MAX_CONTEXTS) {
    throw new KubeconfigError(undefined, `has more than ${MAX_CONTEXTS} contexts`);
  }
  const contexts = [...contextFields].map(([name, context]) => readContext(name, context, clusters, users));
  if (currentContext !== undefined && !contextFields.has(currentContext)) {
    throw new KubeconfigError(undefined, `has a current-context "${currentContext}" that is not among its contexts`);
  }
  return { currentContext, contexts, clusters, users };
}

/** A field's text; undefined where it is absent, null or empty, which kubectl treats alike. Other types refuse the file. */
export function textOf(fields: Fields, key: string, entry: string | undefined): string | undefined {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (value === undefined || value === null || value === '') {
    return undefined;
  }
  if (typeof value !== 'string') {
    throw new KubeconfigError(entry, `has a "${key}" that is not text`);
  }
  return value;
}

function readMapping(text: string): Fields {
  let parsed: unknown;
  try {
    parsed = parseYaml(text);
  } catch (error) {
    // The parser throws its own errors for hostile input (alias expansion, stack depth); all of them mean the same here.
    throw new KubeconfigError(undefined, error instanceof RangeError ? 'nests too deep' : messageOf(error));
  }
  if (!isFields(parsed)) {
    throw new KubeconfigError(undefined, 'is not a mapping');
  }
  return parsed;
}

function expectWord(file: Fields, key: string, expected: string): void {
  const value = textOf(file, key, undefined);
  if (value !== undefined && value !== expected) {
    throw new KubeconfigError(undefined, `has ${key} "${value.slice(0, 100)}" instead of "${expected}"`);
  }
}

function readNamed(file: Fields, list: string, item: string): Map<string, Fields> {
  const value = file[list] ?? [];
  if (!Array.isArray(value)) {
    throw new KubeconfigError(undefined, `has ${list} that are not a list`);
  }
  const named = new Map<string, Fields>();
  value.forEach((entry: unknown, position) => {
    const place = `${item} ${position + 1}`;
    if (!isFields(entry)) {
      throw new KubeconfigError(place, 'is not a mapping');
    }
    const name = textOf(entry, 'name', place);
    if (name === undefined) {
      throw new KubeconfigError(place, 'has no name');
    }
    if (named.has(name)) {
      throw new KubeconfigError(`${item} "${name}"`, 'is there twice');
    }
    const body = entry[item];
    if (body !== undefined && body !== null && !isFields(body)) {
      throw new KubeconfigError(`${item} "${name}"`, 'is not a mapping');
    }
    named.set(name, fieldsOf(body));
  });
  return named;
}

function readContext(
  name: string,
  context: Fields,
  clusters: ReadonlyMap<string, Fields>,
  users: ReadonlyMap<string, Fields>,
): NamedContext {
  const entry = `context "${name}"`;
  const cluster = textOf(context, 'cluster', entry);
  const user = textOf(context, 'user', entry);
  const namespace = textOf(context, 'namespace', entry);
  if (cluster === undefined || user === undefined) {
    throw new KubeconfigError(entry, `has no ${cluster === undefined ? 'cluster' : 'user'}`);
  }
  if (!clusters.has(cluster)) {
    throw new KubeconfigError(entry, `refers to a cluster "${cluster}" that is not there`);
  }
  if (!users.has(user)) {
    throw new KubeconfigError(entry, `refers to a user "${user}" that is not there`);
  }
  if (namespace !== undefined && !DNS_LABEL.test(namespace)) {
    throw new KubeconfigError(entry, 'has a namespace that is no DNS label');
  }
  return { name, cluster, user, namespace };
}

function checkCluster(entry: string, cluster: Fields): void {
  if (textOf(cluster, 'server', entry) === undefined) {
    throw new KubeconfigError(entry, 'has no server');
  }
  checkBase64(entry, cluster, 'certificate-authority-data');
}

function checkUser(entry: string, user: Fields): void {
  checkBase64(entry, user, 'client-certificate-data');
  checkBase64(entry, user, 'client-key-data');
  const has = (key: string): boolean => textOf(user, key, entry) !== undefined;
  if ((has('token') || has('tokenFile')) && (has('username') || has('password'))) {
    throw new KubeconfigError(entry, 'has both a token and a user name with password');
  }
  const certificate = has('client-certificate-data') || has('client-certificate');
  const key = has('client-key-data') || has('client-key');
  if (certificate !== key) {
    throw new KubeconfigError(
      entry,
      certificate ? 'has a client certificate without its key' : 'has a client key without its certificate',
    );
  }
}

function checkBase64(entry: string, fields: Fields, key: string): void {
  const value = textOf(fields, key, entry)?.replace(/\s+/g, '');
  if (value !== undefined && (value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value))) {
    throw new KubeconfigError(entry, `has a "${key}" that is not base64`);
  }
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function messageOf(error: unknown): string {
  return error instanceof Error && !/^Excessive alias/.test(error.message) ? error.message : 'expands too many aliases';
}
