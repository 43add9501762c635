import type {
  Actor,
  AppFacts,
  AppView,
  ContainerView,
  EnvironmentOfApp,
  ContainerFacts,
  ContainersChanged,
  EventActor,
  RevisionView,
} from '@slipway/contracts';
import type { V1Pod } from '@slipway/cluster';

import { toPodView } from '../pod/pod.view.js';
import type { FoundApp } from './app.queries.js';
import type { Container } from './container.js';
import { effectiveResources } from './resources.js';
import type { RevisionEntity } from './revision.entity.js';

export interface ViewOptions {
  readonly urlScheme: string;
  readonly variables?: boolean;
  readonly pods?: readonly V1Pod[];
}

export function toAppView(found: FoundApp, options: ViewOptions): AppView {
  const { app, host, revision, containers } = found;
  const { status } = app;
  return {
    id: app.id,
    name: app.name,
    environment: environmentOf(found),
    ownerId: app.ownerId,
    teams: [...app.teams],
    origin: app.origin,
    description: app.description,
    source: 'containers',
    replicas: app.replicas,
    stopped: app.stopped,
    host,
    url: urlOf(found, options.urlScheme),
    version: app.version,
    generation: app.generation,
    createdAt: app.createdAt.toISOString(),
    changedAt: app.changedAt.toISOString(),
    statusChangedAt: app.statusChangedAt.toISOString(),
    status: {
      ...status,
      lastTransition: status.lastTransition.toISOString(),
      observedAt: status.observedAt?.toISOString() ?? null,
    },
    revision: toRevisionView(revision),
    containers: toContainerViews(containers, options.variables),
    registry: app.registryAuth && { username: app.registryAuth.username, server: app.registryAuth.server },
    extensions: { ...app.extensions },
    pods: options.pods ? options.pods.map(toPodView) : null,
  };
}

export function toRevisionView({ number, cause, createdBy, createdAt, readyAt }: RevisionEntity): RevisionView {
  return {
    number,
    cause,
    createdBy,
    createdAt: createdAt.toISOString(),
    readyAt: readyAt?.toISOString() ?? null,
  };
}

export function toContainerViews(containers: readonly Container[], variables = false): ContainerView[] {
  return containers.map((container) => ({
    id: container.id,
    name: container.name,
    image: container.image,
    entrypoint: container.entrypoint && [...container.entrypoint],
    args: container.args && [...container.args],
    variables: variables ? [...container.variables] : null,
    ports: [...container.ports],
    resources: effectiveResources(container.resources),
    healthCheck: container.healthCheck,
  }));
}

/** Null until the Ingress was there with an endpoint behind it once; kept afterwards, also while stopped. */
export function urlOf({ host, routable }: Pick<FoundApp, 'host' | 'routable'>, scheme: string): string | null {
  return host && routable ? `${scheme}://${host}` : null;
}

export function toAppFacts(found: Pick<FoundApp, 'app' | 'environment'>): AppFacts {
  const { app } = found;
  return {
    id: app.id,
    name: app.name,
    environment: environmentOf(found),
    ownerId: app.ownerId,
    teams: [...app.teams],
    origin: app.origin,
    version: app.version,
  };
}

export function toContainerFacts({ id, name, image }: Container): ContainerFacts {
  return { id, name, image };
}

export function toContainersChanged(before: readonly Container[], after: readonly Container[]): ContainersChanged {
  const named = (containers: readonly Container[], { name }: Container): Container | undefined =>
    containers.find((one) => one.name === name);
  const replaced = after.filter((one) => (named(before, one)?.id ?? one.id) !== one.id);
  return {
    created: after.filter((one) => !named(before, one)).map(toContainerFacts),
    replaced: replaced.map(toContainerFacts),
    removed: before.filter((one) => !named(after, one)).map(toContainerFacts),
  };
}

export function toEventActor({ userId, username }: Actor): EventActor {
  return { userId, username };
}

function environmentOf({ environment }: Pick<FoundApp, 'environment'>): EnvironmentOfApp {
  const { id, name, namespace, kind } = environment;
  return { id, name, namespace, kind };
}
