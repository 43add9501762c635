// Owns what a container of an App may be and how one becomes the next. Pure.
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import {
  type ContainerChange,
  type ContainerId,
  type ContainerInput,
  type HealthCheck,
  type Issue,
  mainPortOf,
  type Port,
  type Resources,
  type Variable,
} from '@slipway/contracts';

import { requestAboveLimit } from './resources.js';

const KIB = 1024;
/** A name with its value. Linux refuses longer ones when it starts a process. */
export const VARIABLE_BYTES = 128 * KIB;
export const MAX_VARIABLES = 1000;
/** All variables of an App. A Secret holds 1 MiB, and layers of other owners come on top. */
export const VARIABLES_BYTES = 512 * KIB;
const DOCKER_HUB = 'docker.io';

export interface Container {
  /** Minted anew whenever the container changes. */
  readonly id: ContainerId;
  readonly parentId: ContainerId | null;
  /** How often it has changed. */
  readonly changes: number;
  readonly createdAt: string;
  readonly name: string;
  readonly image: string;
  readonly entrypoint: readonly string[] | null;
  readonly args: readonly string[] | null;
  readonly variables: readonly Variable[];
  readonly ports: readonly Port[];
  /** As written. */
  readonly resources: Resources;
  readonly healthCheck: HealthCheck | null;
}

/** The facts about a container that an update may have changed, in the words of `app.updated`. */
export type ContainerFact = 'image' | 'port' | 'variables' | 'resources' | 'health_check' | 'command';

export function newContainer(input: ContainerInput, now: Date): Container {
  return {
    id: randomUUID(),
    parentId: null,
    changes: 0,
    createdAt: now.toISOString(),
    name: input.name,
    image: input.image,
    entrypoint: input.entrypoint ?? null,
    args: input.args ?? null,
    variables: lastOfEachName(input.variables),
    ports: input.ports.map(plainPort),
    resources: plainResources(input.resources),
    healthCheck: plainHealthCheck(input.healthCheck),
  };
}

/** The container after a change, and what differs; the same container when nothing does. */
export function changedContainer(
  container: Container,
  change: ContainerChange,
  now: Date,
): { container: Container; facts: ContainerFact[] } {
  const next = {
    ...container,
    image: change.image ?? container.image,
    variables: change.variables ? lastOfEachName(change.variables) : container.variables,
    ports: changedPorts(container.ports, change),
    resources: change.resources === undefined ? container.resources : plainResources(change.resources),
    healthCheck: change.healthCheck === undefined ? container.healthCheck : plainHealthCheck(change.healthCheck),
  };
  const facts = factsBetween(container, next);
  if (facts.length === 0) return { container, facts };
  return {
    container: {
      ...next,
      id: randomUUID(),
      parentId: container.id,
      changes: container.changes + 1,
      createdAt: now.toISOString(),
    },
    facts,
  };
}

function factsBetween(container: Container, next: Container): ContainerFact[] {
  const facts: ContainerFact[] = [];
  if (next.image !== container.image) facts.push('image');
  if (!isDeepStrictEqual(next.ports, container.ports)) facts.push('port');
  if (!isDeepStrictEqual(byName(next.variables), byName(container.variables))) facts.push('variables');
  if (!isDeepStrictEqual(next.resources, container.resources)) facts.push('resources');
  if (!isDeepStrictEqual(next.healthCheck, container.healthCheck)) facts.push('health_check');
  if (!isDeepStrictEqual([next.entrypoint, next.args], [container.entrypoint, container.args])) facts.push('command');
  return facts;
}

/** A container of an older Revision in its place among the current ones, and what differs; the current itself where nothing does. */
export function restoredContainer(
  older: Container,
  current: readonly Container[],
  now: Date,
): { container: Container; facts: ContainerFact[] } {
  const before = current.find(({ name }) => name === older.name);
  const facts: ContainerFact[] = before ? factsBetween(before, older) : ['image'];
  if (before && facts.length === 0) return { container: before, facts };
  const container = {
    ...older,
    id: randomUUID(),
    parentId: before?.id ?? older.id,
    changes: (before?.changes ?? older.changes) + 1,
    createdAt: now.toISOString(),
  };
  return { container, facts };
}

export function mainPort(containers: readonly Container[]): Port | null {
  return mainPortOf(containers.flatMap(({ ports }) => ports));
}

function changedPorts(current: readonly Port[], { ports, mainPort: number }: ContainerChange): readonly Port[] {
  const next = ports ? ports.map(plainPort) : current;
  if (number === undefined) return next;
  const main = mainPortOf(next);
  if (!main) return [...next, { protocol: 'tcp', external: number, internal: number, published: true }];
  return next.map((port) => (port === main ? { ...port, external: number, internal: number } : port));
}

/** The registry of an image reference: what stands before the first slash, if it can be a host. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : DOCKER_HUB;
}

export function isPublished(containers: readonly Container[]): boolean {
  return mainPort(containers)?.published === true;
}

/** What the contract's field rules cannot tell, by path under `containers`. */
export function containerIssues(containers: readonly Container[]): Issue[] {
  const issues: Issue[] = [];
  const value = (path: string, rule: Issue['rule'], params?: Issue['params']): void => {
    issues.push({ path, rule, kind: 'value', ...(params && { params }) });
  };
  let total = 0;
  // One Service stands before all containers.
  const served = new Set<string>();
  containers.forEach((container, index) => {
    const path = `containers.${index}`;
    if (containers.findIndex(({ name }) => name === container.name) < index) value(`${path}.name`, 'pattern');
    if (container.variables.length > MAX_VARIABLES) value(`${path}.variables`, 'count', { max: MAX_VARIABLES });
    for (const { name, value: text } of container.variables) {
      const bytes = Buffer.byteLength(name) + Buffer.byteLength(text);
      total += bytes;
      if (text.includes('\0')) value(`${path}.variables.${name}`, 'pattern');
      if (bytes >= VARIABLE_BYTES) value(`${path}.variables.${name}`, 'bytes', { max: VARIABLE_BYTES });
    }
    container.ports.forEach(({ protocol, external }, place) => {
      if (served.has(`${protocol}/${external}`)) value(`${path}.ports.${place}.external`, 'pattern');
      served.add(`${protocol}/${external}`);
    });
    const above = requestAboveLimit(container.resources);
    if (above) value(`${path}.resources.${above}`, 'range', { max: limitBeside(container.resources, above) });
  });
  if (total >= VARIABLES_BYTES) value('containers.0.variables', 'bytes', { max: VARIABLES_BYTES });
  return issues;
}

function limitBeside(resources: Resources, request: 'cpuRequest' | 'memoryRequest'): string {
  return (request === 'cpuRequest' ? resources.cpuLimit : resources.memoryLimit) ?? '';
}

// A name that is given twice keeps its first place and its last value, as in a JSON object.
function lastOfEachName(variables: readonly Variable[]): Variable[] {
  return [...new Map(variables.map(({ name, value }) => [name, value]))].map(([name, value]) => ({ name, value }));
}

// Pods get them from a Secret, which knows no order: another one is no change.
function byName(variables: readonly Variable[]): ReadonlyMap<string, string> {
  return new Map(variables.map(({ name, value }) => [name, value]));
}

// Contract objects are instances of classes, rows are plain: equal fields in one order are what is compared and stored.
function plainPort({ protocol, external, internal, published }: Port): Port {
  return { protocol, external, internal, published };
}

function plainResources(resources: Resources | null | undefined): Resources {
  const given = (['cpuRequest', 'memoryRequest', 'cpuLimit', 'memoryLimit'] as const).filter((key) => resources?.[key]);
  return Object.fromEntries(given.map((key) => [key, resources?.[key]]));
}

function plainHealthCheck(check: HealthCheck | null | undefined): HealthCheck | null {
  if (!check) return null;
  const { path, initialDelaySeconds, periodSeconds, timeoutSeconds, failureThreshold } = check;
  return { path, initialDelaySeconds, periodSeconds, timeoutSeconds, failureThreshold };
}
