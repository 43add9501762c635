// The rules of section 5 that a class of fields cannot hold, because they depend on configuration, on names or on two fields.
import { billionths, isQuantity } from '@slipway/contracts';

import type {
  CreateDeployment,
  PatchVariables,
  ResourcesInput,
  ScaleDeployment,
  UpdateDeployment,
} from './deployments.dto.js';
import { detailsOf, rangeText, type FieldIssue } from './rule-texts.js';
import { failure } from './errors.js';
import type { Submitted } from './json-body.js';

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Names that code which reads variables as an object takes for something else. */
const RESERVED_NAMES: readonly string[] = ['__proto__', 'constructor'];
const MAX_VARIABLES = 1_000;
const MAX_NAME_LENGTH = 253;
const MAX_PAIR_BYTES = 128 * 1024;
const MAX_ALL_BYTES = 512 * 1024;

/** @throws Failure: values 400, then this endpoint's own 422 */
export function acceptDeployment<T extends CreateDeployment | UpdateDeployment>(
  body: Submitted<T>,
  maxReplicas: number,
): T {
  const { value } = body;
  const issues = [
    ...variableIssues(value.env_vars),
    ...replicaIssues(value.replicas, 1, maxReplicas),
    ...resourceIssues(value.resources),
  ];
  const accepted = body.without((issue) => isImage(issue) || isRegistryAuth(issue) || isReplicas(issue)).accept(issues);
  const image = body.issues.filter(isImage);
  if (image.length > 0) throw failure.unprocessable('Invalid image reference', detailsOf(image));
  const registryAuth = body.issues.filter(isRegistryAuth);
  if (registryAuth.length > 0) throw failure.unprocessable('Invalid registry credentials', detailsOf(registryAuth));
  return accepted;
}

export function acceptScale(body: Submitted<ScaleDeployment>, maxReplicas: number): number {
  return body.without(isReplicas).accept(replicaIssues(body.value.replicas, 0, maxReplicas)).replicas;
}

/** @throws Failure 400 for a name or a value; what comes of all variables together is judged where they are kept */
export function acceptVariables(body: Submitted<PatchVariables>): Record<string, string | null> {
  return body.accept(variableIssues(body.value.env_vars)).env_vars;
}

const isImage = ({ path }: FieldIssue): boolean => path === 'image';
/** Its declared rule knows no other bounds than those of numbers. */
const isReplicas = ({ path }: FieldIssue): boolean => path === 'replicas';
const isRegistryAuth = ({ path }: FieldIssue): boolean => path.startsWith('registry_auth.');

function replicaIssues(replicas: number | null | undefined, min: number, max: number): FieldIssue[] {
  if (replicas == null || (replicas >= min && replicas <= max)) return [];
  return [{ path: 'replicas', kind: 'value', text: rangeText(min, max) }];
}

/** Names that are to go (null) add nothing to what is set; but no deployment has more of them either. */
export function variableIssues(variables: Readonly<Record<string, string | null>> | null | undefined): FieldIssue[] {
  if (variables == null) return [];
  const issue = (path: string, text: string): FieldIssue => ({ path, kind: 'value', text });
  const pairs = Object.entries(variables);
  const set = pairs.filter((pair): pair is [string, string] => pair[1] !== null);
  if (Math.max(set.length, pairs.length - set.length) > MAX_VARIABLES)
    return [issue('env_vars', `must have at most ${MAX_VARIABLES} entries`)];
  const size = (name: string, value: string): number => Buffer.byteLength(name) + Buffer.byteLength(value);
  const issues = pairs.flatMap(([name, text]) => {
    const value = text ?? '';
    const path = `env_vars.${name.slice(0, MAX_NAME_LENGTH)}`;
    if (!isVariableName(name)) return [issue(path, `must match ${VARIABLE_NAME.source.slice(1, -1)}`)];
    if (RESERVED_NAMES.includes(name)) return [issue(path, `must not be named ${RESERVED_NAMES.join(' or ')}`)];
    if (value.includes('\0')) return [issue(path, 'must not contain NUL')];
    if (/\p{Cs}/u.test(value)) return [issue(path, 'must not contain half of a surrogate pair')];
    return size(name, value) < MAX_PAIR_BYTES ? [] : [issue(path, `must be below ${MAX_PAIR_BYTES} bytes`)];
  });
  const all = set.reduce((sum, pair) => sum + size(...pair), 0);
  return all < MAX_ALL_BYTES ? issues : [...issues, issue('env_vars', `must be below ${MAX_ALL_BYTES} bytes`)];
}

function isVariableName(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && VARIABLE_NAME.test(name);
}

/** A request above a limit, when both were given; a default gives way to what was given. */
export function resourceIssues(resources: ResourcesInput | null | undefined): FieldIssue[] {
  if (!resources) return [];
  const { cpu, memory, cpu_request, memory_request, cpu_limit, memory_limit } = resources;
  return [
    ...exceeding('cpu', cpu_request ?? cpu, cpu_limit ?? cpu),
    ...exceeding('memory', memory_request ?? memory, memory_limit ?? memory),
  ];
}

function exceeding(
  kind: 'cpu' | 'memory',
  request: string | null | undefined,
  limit: string | null | undefined,
): FieldIssue[] {
  // What is no quantity is refused as such.
  if (request == null || limit == null || !isQuantity(request) || !isQuantity(limit)) return [];
  if (billionths(request) <= billionths(limit)) return [];
  return [{ path: `resources.${kind}_request`, kind: 'value', text: `must not be above resources.${kind}_limit` }];
}
