import {
  type AppPage,
  type AppView,
  type AwaitedApp,
  type ChangedApp,
  type ContainerChange,
  type ContainerInput,
  type ContainerView,
  type CreateApp,
  type HealthCheck,
  mainPortOf,
  type Port,
  type RegistryAuth,
  type Resources,
  type SetVariables,
  type UpdateApp,
  type Variable,
} from '@slipway/contracts';

import type {
  CreatedDeployment,
  CreateDeployment,
  DeletedDeployment,
  Deployment,
  DeploymentList,
  DeploymentListItem,
  HealthCheckAnswer,
  HealthCheckInput,
  PatchedVariables,
  RegistryAuthInput,
  ResourcesAnswer,
  ResourcesInput,
  RestartedDeployment,
  ScaledDeployment,
  StartedDeployment,
  StoppedDeployment,
  UpdatedDeployment,
  UpdateDeployment,
  Variables,
} from './deployments.dto.js';
import { paginationOf, type Page } from './query.js';
import { errorMessageOf, statusOfApp } from './status.js';
import { toTime, toTimeOrNull } from './time.js';

/** The namespaces of this dialect are `ce-<app>-<hex>`. */
const NAMESPACE_PREFIX = 'ce';
const CONTAINER_NAME = 'app';
/** What a command may carry as a name. */
const LONGEST_NAME = 253;
const HEALTH_CHECK_DEFAULTS = { initialDelaySeconds: 30, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 };

// ---- to the core

export function toCreateApp(body: CreateDeployment): CreateApp {
  const container: ContainerInput = {
    name: CONTAINER_NAME,
    image: body.image,
    variables: toVariables(body.env_vars ?? {}),
    ports: [toPort(body.port)],
    ...(body.resources && { resources: toResources(body.resources) }),
    ...(body.health_check && { healthCheck: toHealthCheck(body.health_check) }),
  };
  return {
    name: body.app_name,
    origin: 'container-engine',
    dedicated: { namespacePrefix: NAMESPACE_PREFIX },
    containers: [container],
    replicas: body.replicas ?? 1,
    ...(body.registry_auth && { registryAuth: toRegistryAuth(body.registry_auth) }),
  };
}

export function toUpdateApp(id: string, body: UpdateDeployment, ifVersion: number | undefined): UpdateApp {
  const { app_name, image, port, env_vars, resources, health_check, registry_auth, replicas } = body;
  const change: ContainerChange = {
    ...(image != null && { image }),
    ...(port != null && { mainPort: port }),
    ...(env_vars != null && { variables: toVariables(env_vars) }),
    ...(resources != null && { resources: toResources(resources) }),
    ...(health_check !== undefined && { healthCheck: health_check && toHealthCheck(health_check) }),
  };
  return {
    app: { id },
    ...(ifVersion !== undefined && { ifVersion }),
    // Longer than any name: it differs from this one's also when it is cut, and is judged with it.
    ...(app_name != null && { name: app_name.slice(0, LONGEST_NAME) }),
    ...(replicas != null && { replicas }),
    ...(registry_auth !== undefined && { registryAuth: registry_auth && toRegistryAuth(registry_auth) }),
    ...(Object.keys(change).length > 0 && { containers: [change] }),
  };
}

function toVariables(variables: Readonly<Record<string, string>>): Variable[] {
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}

function toPort(port: number): Port {
  return { protocol: 'tcp', external: port, internal: port, published: true };
}

function toResources(resources: ResourcesInput): Resources {
  const { cpu, memory, cpu_request, memory_request, cpu_limit, memory_limit } = resources;
  const given = {
    cpuRequest: cpu_request ?? cpu,
    memoryRequest: memory_request ?? memory,
    cpuLimit: cpu_limit ?? cpu,
    memoryLimit: memory_limit ?? memory,
  };
  return Object.fromEntries(Object.entries(given).filter(([, quantity]) => quantity != null));
}

function toHealthCheck(check: HealthCheckInput): HealthCheck {
  return {
    path: check.path,
    initialDelaySeconds: check.initial_delay_seconds ?? HEALTH_CHECK_DEFAULTS.initialDelaySeconds,
    periodSeconds: check.period_seconds ?? HEALTH_CHECK_DEFAULTS.periodSeconds,
    timeoutSeconds: check.timeout_seconds ?? HEALTH_CHECK_DEFAULTS.timeoutSeconds,
    failureThreshold: check.failure_threshold ?? HEALTH_CHECK_DEFAULTS.failureThreshold,
  };
}

function toRegistryAuth({ username, password, server }: RegistryAuthInput): RegistryAuth {
  return { username, password, ...(server != null && { server }) };
}

// ---- from the core. Of several containers the first is meant; an application file may have none.

export function toCreated(app: AppView): CreatedDeployment {
  return {
    id: app.id,
    app_name: app.name,
    image: imageOf(app),
    status: 'pending',
    url: null,
    created_at: toTime(app.createdAt),
    message: 'Deployment is being processed',
  };
}

export function toList({ apps, total }: AppPage, page: Page): DeploymentList {
  return { deployments: apps.map(toListItem), pagination: paginationOf(page, total) };
}

function toListItem(app: AppView): DeploymentListItem {
  return {
    id: app.id,
    app_name: app.name,
    image: imageOf(app),
    status: statusOfApp(app),
    url: app.url ?? null,
    replicas: app.replicas,
    created_at: toTime(app.createdAt),
    updated_at: updatedAtOf(app),
    ...(app.status.reason !== '' && { reason: app.status.reason, message: app.status.message }),
  };
}

export function toDeployment(app: AppView): Deployment {
  const { port, env_vars, resources, health_check } = contentOf(app.containers);
  return {
    id: app.id,
    user_id: app.ownerId,
    app_name: app.name,
    image: imageOf(app),
    status: statusOfApp(app),
    url: app.url ?? null,
    port,
    env_vars,
    replicas: app.replicas,
    resources,
    health_check,
    created_at: toTime(app.createdAt),
    updated_at: updatedAtOf(app),
    deployed_at: toTimeOrNull(app.revision.readyAt),
    error_message: errorMessageOf(app.status),
    reason: app.status.reason || null,
    revision: app.revision.number,
    ready_replicas: app.status.counts.ready,
    origin: app.origin,
    registry_auth: app.registry ? { username: app.registry.username, server: app.registry.server } : null,
  };
}

/** What a Revision holds beside its image. */
export function contentOf([container]: readonly ContainerView[]): Pick<
  Deployment,
  'port' | 'env_vars' | 'resources' | 'health_check'
> {
  return {
    port: mainPortOf(container?.ports ?? [])?.external ?? null,
    env_vars: Object.fromEntries((container?.variables ?? []).map(({ name, value }) => [name, value])),
    resources: toResourcesAnswer(container?.resources ?? {}),
    health_check: container?.healthCheck ? toHealthCheckAnswer(container.healthCheck) : null,
  };
}

export function toRestarted(app: AppView): RestartedDeployment {
  return { id: app.id, status: 'updating', message: 'Deployment restart in progress' };
}

export function toVariablesAnswer(app: AppView): Variables {
  const { env_vars } = contentOf(app.containers);
  return { deployment_id: app.id, app_name: app.name, env_vars, updated_at: updatedAtOf(app) };
}

/** `null` takes a variable away. */
export function toSetVariables(env_vars: Readonly<Record<string, string | null>>): Pick<SetVariables, 'set' | 'unset'> {
  const entries = Object.entries(env_vars);
  const given = entries.filter((entry): entry is [string, string] => entry[1] !== null);
  return {
    set: given.map(([name, value]) => ({ name, value })),
    unset: entries.filter(([, value]) => value === null).map(([name]) => name),
  };
}

export function toPatchedVariables(changed: ChangedApp): PatchedVariables {
  const { id, status, message, updated_at, revision } = toUpdated(changed);
  const inProgress = changed.changed && !changed.app.stopped;
  return {
    id,
    status,
    message: inProgress ? 'Environment variables update in progress' : message,
    updated_env_vars: contentOf(changed.app.containers).env_vars,
    updated_at,
    revision,
  };
}

export function toUpdated({ app, changed }: ChangedApp): UpdatedDeployment {
  const [status, message] = changed
    ? app.stopped
      ? (['stopped', 'Deployment updated; it will be used at the next start'] as const)
      : (['updating', 'Deployment update in progress'] as const)
    : ([statusOfApp(app), 'Deployment is already up to date'] as const);
  return { id: app.id, status, message, updated_at: updatedAtOf(app), revision: app.revision.number };
}

/** What was seen after a command, or the App as the command left it when nothing was seen in time. */
export interface Observed {
  readonly app: AppView;
  readonly reached: boolean;
}

export function toScaled({ app, reached }: Observed, replicas: number): ScaledDeployment {
  const message = reached
    ? 'Deployment scaled successfully'
    : (errorMessageOf(app.status) ?? 'Deployment scaling in progress');
  return { id: app.id, replicas, status: statusOfApp(app), message };
}

export function toStopped({ app, reached }: Observed): StoppedDeployment {
  const message = reached
    ? 'Deployment stopped successfully'
    : (errorMessageOf(app.status) ?? 'Deployment is stopping');
  return { id: app.id, status: statusOfApp(app), message };
}

export function toStarted({ app, reached }: Observed): StartedDeployment {
  const message = reached
    ? 'Deployment started successfully'
    : (errorMessageOf(app.status) ?? 'Deployment is starting');
  return { id: app.id, status: statusOfApp(app), replicas: app.replicas, message };
}

export function toDeleted(app: AppView, awaited: AwaitedApp): DeletedDeployment {
  const dedicated = app.environment.kind === 'dedicated';
  return {
    message:
      awaited.reached || !dedicated
        ? 'Deployment deleted successfully'
        : 'Deployment deleted; its namespace is still being removed',
    deployment_id: app.id,
    app_name: app.name,
    namespace_deleted: dedicated && awaited.namespaceGone === true,
  };
}

function imageOf(app: AppView): string {
  return app.containers[0]?.image ?? '';
}

function updatedAtOf({ changedAt, statusChangedAt }: AppView): string {
  return toTime(Date.parse(changedAt) >= Date.parse(statusChangedAt) ? changedAt : statusChangedAt);
}

function toResourcesAnswer({ cpuRequest, memoryRequest, cpuLimit, memoryLimit }: Resources): ResourcesAnswer {
  return {
    cpu: cpuLimit ?? null,
    memory: memoryLimit ?? null,
    cpu_request: cpuRequest ?? null,
    memory_request: memoryRequest ?? null,
    cpu_limit: cpuLimit ?? null,
    memory_limit: memoryLimit ?? null,
  };
}

function toHealthCheckAnswer(check: HealthCheck): HealthCheckAnswer {
  return {
    path: check.path,
    initial_delay_seconds: check.initialDelaySeconds,
    period_seconds: check.periodSeconds,
    timeout_seconds: check.timeoutSeconds,
    failure_threshold: check.failureThreshold,
  };
}
