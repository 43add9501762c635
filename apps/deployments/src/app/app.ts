// Owns the rules of an App: what each command makes of it, or why not. Pure: the handlers bring the row, the clock and the
// limits, and write what comes back. Nothing here knows the cluster; phases seen there come from the reconciler.
import { isDeepStrictEqual } from 'node:util';

import {
  type Actor,
  type AppId,
  type CreateApp,
  type EnvironmentId,
  type EnvironmentKind,
  type Issue,
  type Origin,
  Phase,
  type Problem,
  problem,
  type RegistryAuth,
  type ReplicaCounts,
  type RevisionCause,
  type ScaleApp,
  type SetVariables,
  type TeamId,
  type UpdateApp,
  type UserId,
} from '@slipway/contracts';

import {
  changedContainer,
  type Container,
  containerIssues,
  newContainer,
  registryOf,
  restoredContainer,
} from './container.js';

export interface Status {
  readonly phase: Phase;
  readonly reason: string;
  readonly message: string;
  readonly lastTransition: Date;
  /** When the cluster was last seen. */
  readonly observedAt: Date | null;
  readonly counts: ReplicaCounts;
  readonly restarts: number;
  readonly readyOnce: boolean;
}

/** The acts that a later phase is told to come after. */
export type Act = 'scale' | 'start' | 'stop';

export interface App {
  readonly id: AppId;
  readonly environmentId: EnvironmentId;
  readonly name: string;
  readonly ownerId: UserId;
  readonly teams: readonly { readonly id: TeamId; readonly name: string }[];
  readonly origin: Origin;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly description: string;
  /** Never below 1; kept while stopped, so that a start restores the number its user chose. */
  readonly replicas: number;
  readonly stopped: boolean;
  readonly registryAuth: Required<RegistryAuth> | null;
  /** When its pods were last asked to be replaced by equal ones. */
  readonly restartedAt: Date | null;
  /** Number of the current Revision. */
  readonly revision: number;
  readonly imageChanges: number;
  /** Moved by every change that the cluster must follow. */
  readonly generation: number;
  readonly observedGeneration: number;
  /** The ETag: moved by every accepted change of desired state or description, never by status. */
  readonly version: number;
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly statusChangedAt: Date;
  /** The act whose outcome is still awaited. */
  readonly lastAct: Act | null;
  /** Has been fully ready since it was last started: what is missing afterwards is missing, not starting. */
  readonly servedSinceStart: boolean;
  readonly status: Status;
}

export interface Limits {
  readonly maxReplicas: number;
  /** 0: no limit. */
  readonly maxAppsPerUser: number;
}

/** What a command made of an App. `revision` is there when it has a new one; the cluster follows `generation`. */
export interface AppChange {
  readonly app: App;
  readonly changed: boolean;
  /** What `app.updated` tells. */
  readonly changes: readonly string[];
  readonly revision: { readonly containers: readonly Container[]; readonly cause: RevisionCause } | null;
  /** What `app.scaled` tells. */
  readonly scaled: { readonly old: number; readonly new: number } | null;
}

/** Which phase an App is in right after a commit, before the cluster has been looked at: what is on its way, never what is reached. */
const NEXT_PHASE: Readonly<Record<'revise' | 'scale' | 'start' | 'stop', Partial<Record<Phase, Phase>>>> = {
  revise: {
    running: Phase.updating,
    updating: Phase.updating,
    scaling: Phase.updating,
    deploying: Phase.deploying,
    failed: Phase.deploying,
  },
  scale: { running: Phase.scaling },
  start: { stopped: Phase.deploying, stopping: Phase.deploying },
  stop: {
    pending: Phase.stopping,
    deploying: Phase.stopping,
    running: Phase.stopping,
    updating: Phase.stopping,
    scaling: Phase.stopping,
    failed: Phase.stopping,
  },
};

export function isProblem(outcome: object): outcome is Problem {
  return 'kind' in outcome && 'noun' in outcome && 'text' in outcome;
}

/** The replicas that the cluster shall run. */
export function wantedReplicas(app: Pick<App, 'replicas' | 'stopped'>): number {
  return app.stopped ? 0 : app.replicas;
}

/** Who may make Apps in an Environment that exists: its owner, or anybody in an open one; nobody in a dedicated one. */
export function mayCreateIn(
  environment: { readonly kind: EnvironmentKind; readonly ownerId: UserId | null; readonly name: string },
  actor: Actor,
): Problem | null {
  const allowed = environment.kind === 'open' || (environment.kind === 'owned' && environment.ownerId === actor.userId);
  if (allowed) return null;
  return problem.forbidden('environment', `You may not make apps in the environment "${environment.name}"`, {
    code: 'environment',
  });
}

export function newApp(
  input: CreateApp,
  given: { id: AppId; environmentId: EnvironmentId; actor: Actor; now: Date; limits: Limits },
): { app: App; containers: Container[] } | Problem {
  const { actor, now, limits } = given;
  const containers = input.containers.map((container) => newContainer(container, now));
  const issues = [...containerIssues(containers), ...replicaIssues(input.replicas, 1, limits)];
  if (containers.length === 0) issues.unshift({ path: 'containers', rule: 'required', kind: 'shape' });
  if (issues.length > 0) return invalid(issues);
  const app: App = {
    id: given.id,
    environmentId: given.environmentId,
    name: input.name,
    ownerId: actor.userId,
    teams: (input.teams ?? []).map(({ id, name }) => ({ id, name })),
    origin: input.origin,
    extensions: input.extensions ?? {},
    description: input.description ?? '',
    replicas: input.replicas,
    stopped: false,
    registryAuth: plainRegistryAuth(input.registryAuth, containers),
    restartedAt: null,
    revision: 1,
    imageChanges: 0,
    generation: 1,
    observedGeneration: 0,
    version: 1,
    createdAt: now,
    changedAt: now,
    statusChangedAt: now,
    lastAct: null,
    servedSinceStart: false,
    status: {
      phase: Phase.pending,
      reason: '',
      message: '',
      lastTransition: now,
      observedAt: null,
      counts: { desired: input.replicas, ready: 0, updated: 0, available: 0 },
      restarts: 0,
      readyOnce: false,
    },
  };
  return { app, containers };
}

/** Whether a user who owns so many Apps may not have one more. */
export function ownershipRefusal(ownedApps: number, { maxAppsPerUser }: Limits): Problem | null {
  if (maxAppsPerUser === 0 || ownedApps < maxAppsPerUser) return null;
  return problem.quotaExceeded('app', `You own ${ownedApps} apps, which is the limit; delete one first`, {
    facts: { limit: maxAppsPerUser },
  });
}

/** What stands in the way of any command on an App: somebody else's change, or its deletion. */
export function refusal(app: App, ifVersion: number | null | undefined): Problem | null {
  if (app.status.phase === Phase.deleting) {
    return problem.conflict('app', `The app "${app.name}" is being deleted`, { code: 'deleting' });
  }
  if (ifVersion && ifVersion !== app.version) {
    return problem.preconditionFailed(
      'app',
      `The app "${app.name}" has changed: its version is ${app.version}, not ${ifVersion}; read it again`,
      { facts: { version: app.version } },
    );
  }
  return null;
}

export function updated(
  app: App,
  containers: readonly Container[],
  input: Pick<UpdateApp, 'name' | 'description' | 'replicas' | 'registryAuth' | 'containers'>,
  now: Date,
  limits: Limits,
): AppChange | Problem {
  const next = [...containers];
  const facts = new Set<string>();
  const issues: Issue[] = input.replicas ? replicaIssues(input.replicas, 1, limits) : [];
  if (input.name !== undefined && input.name !== app.name) {
    issues.push({ path: 'name', rule: 'unchangeable', kind: 'value' });
  }
  (input.containers ?? []).forEach((change, index) => {
    const place = change.name ? next.findIndex(({ name }) => name === change.name) : 0;
    const container = next[place];
    if (!container) {
      issues.push({
        path: `containers.${index}.name`,
        rule: 'one_of',
        kind: 'value',
        params: { values: next.map(({ name }) => name) },
      });
      return;
    }
    const result = changedContainer(container, change, now);
    next[place] = result.container;
    for (const fact of result.facts) facts.add(fact);
  });
  issues.push(...containerIssues(next));
  if (issues.length > 0) return invalid(issues);

  const revised = facts.size > 0;
  const registryAuth =
    input.registryAuth === undefined ? app.registryAuth : plainRegistryAuth(input.registryAuth, next);
  const description = input.description ?? app.description;
  const replicas = input.replicas ?? app.replicas;
  if (!isDeepStrictEqual(registryAuth, app.registryAuth)) facts.add('registry_auth');
  if (description !== app.description) facts.add('description');
  const scaled = replicas === app.replicas ? null : { old: app.replicas, new: replicas };
  if (facts.size === 0 && !scaled) return unchanged(app);

  const followed = revised || facts.has('registry_auth') || scaled !== null;
  const moved: App = {
    ...app,
    description,
    replicas,
    registryAuth,
    revision: revised ? app.revision + 1 : app.revision,
    imageChanges: facts.has('image') ? app.imageChanges + 1 : app.imageChanges,
    version: app.version + 1,
    generation: followed ? app.generation + 1 : app.generation,
    changedAt: now,
    // A new Revision is an undertaking of its own: what comes of it is no longer the outcome of an earlier scale.
    lastAct: revised ? null : scaled && !app.stopped ? 'scale' : app.lastAct,
  };
  const phased = revised ? onItsWay(moved, 'revise', now) : scaled ? onItsWay(moved, 'scale', now) : moved;
  const revision = revised ? ({ containers: next, cause: 'update' } as const) : null;
  return { app: phased, changed: true, changes: [...facts], revision, scaled };
}

/** Merges into the variables of the first container, and judges the result. */
export function variablesSet(
  app: App,
  containers: readonly Container[],
  { set, unset }: Pick<SetVariables, 'set' | 'unset'>,
  now: Date,
  limits: Limits,
): AppChange | Problem {
  const kept = (containers[0]?.variables ?? []).filter(({ name }) => !unset.includes(name));
  const outcome = updated(app, containers, { containers: [{ variables: [...kept, ...set] }] }, now, limits);
  if (isProblem(outcome) || !outcome.revision) return outcome;
  return { ...outcome, revision: { ...outcome.revision, cause: 'variables' } };
}

/** What equals what runs changes nothing. `target`: what a kept Revision holds, absent when there is none of that number, or none before the current. */
export function rolledBack(
  app: App,
  containers: readonly Container[],
  asked: number | undefined,
  target: readonly Container[] | undefined,
  now: Date,
): AppChange | Problem {
  if (asked === app.revision) {
    return problem.conflict('revision', `Revision ${asked} is the current one`, {
      code: 'revision_current',
      facts: { revision: asked },
    });
  }
  if (!target) {
    if (asked !== undefined) return problem.notFound('revision', `The app "${app.name}" keeps no revision ${asked}`);
    return problem.conflict('revision', `The app "${app.name}" has no earlier revision`, { code: 'revision_current' });
  }
  const restored = target.map((container) => restoredContainer(container, containers, now));
  const next = restored.map(({ container }) => container);
  if (isDeepStrictEqual(next, containers)) return unchanged(app);
  const facts = new Set(restored.flatMap((one) => one.facts));
  const moved: App = {
    ...followedBy(app, now),
    revision: app.revision + 1,
    imageChanges: facts.has('image') ? app.imageChanges + 1 : app.imageChanges,
    lastAct: null,
  };
  const revision = { containers: next, cause: 'rollback' } as const;
  return { app: onItsWay(moved, 'revise', now), changed: true, changes: [...facts], revision, scaled: null };
}

/** Equal pods take the place of all pods, without a new Revision. */
export function restarted(app: App, now: Date): AppChange | Problem {
  if (app.stopped) return problem.conflict('app', `The app "${app.name}" is stopped; start it`, { code: 'stopped' });
  const moved: App = { ...followedBy(app, now), restartedAt: now, lastAct: null };
  return { app: onItsWay(moved, 'revise', now), changed: true, changes: [], revision: null, scaled: null };
}

export function scaledTo(
  app: App,
  input: Pick<ScaleApp, 'replicas' | 'start'>,
  now: Date,
  limits: Limits,
): AppChange | Problem {
  const issues = replicaIssues(input.replicas, 0, limits);
  if (issues.length > 0) return invalid(issues);
  const replicas = input.replicas === 0 ? app.replicas : input.replicas;
  const stopped = input.replicas === 0 || (app.stopped && !input.start);
  if (replicas === app.replicas && stopped === app.stopped) return unchanged(app);
  // Only where it stays stopped is the kept count what was scaled.
  const kept = app.stopped && stopped;
  const scaled = { old: kept ? app.replicas : wantedReplicas(app), new: kept ? replicas : input.replicas };
  const moved: App = { ...followedBy(app, now), replicas, stopped, lastAct: kept ? app.lastAct : 'scale' };
  const act = stopped ? 'stop' : app.stopped ? 'start' : 'scale';
  return { app: onItsWay(moved, act, now), changed: true, changes: [], revision: null, scaled };
}

export function started(app: App, now: Date): AppChange {
  if (!app.stopped) return unchanged(app);
  const moved: App = { ...followedBy(app, now), stopped: false, lastAct: 'start' };
  return { app: onItsWay(moved, 'start', now), changed: true, changes: [], revision: null, scaled: null };
}

export function stopped(app: App, now: Date): AppChange {
  if (app.stopped) return unchanged(app);
  const moved: App = { ...followedBy(app, now), stopped: true, lastAct: 'stop' };
  return { app: onItsWay(moved, 'stop', now), changed: true, changes: [], revision: null, scaled: null };
}

export function deleted(app: App, now: Date): App {
  const moved: App = { ...followedBy(app, now), lastAct: null };
  return inPhase(moved, Phase.deleting, now);
}

/** What the cluster shows of an App. */
export interface Observation {
  readonly phase: Phase;
  readonly reason: string;
  readonly message: string;
  readonly counts: ReplicaCounts;
  readonly restarts: number;
}

/** Phases in which nothing is on its way: the outcome of what was asked last is then known. */
const SETTLED: readonly Phase[] = [Phase.running, Phase.stopped, Phase.failed];

/** The App with what was seen. `followed`: what was seen is the outcome of its current generation, as far as that has come. */
export function observed(app: App, seen: Observation, followed: boolean, now: Date): App {
  const { phase, reason, message, counts, restarts } = seen;
  const { status } = app;
  const moved = phase !== status.phase;
  const told = moved || reason !== status.reason || message !== status.message;
  return {
    ...app,
    observedGeneration: followed ? app.generation : app.observedGeneration,
    servedSinceStart: app.servedSinceStart || phase === Phase.running,
    lastAct: followed && SETTLED.includes(phase) ? null : app.lastAct,
    statusChangedAt: told ? now : app.statusChangedAt,
    status: {
      phase,
      reason,
      message,
      counts,
      restarts,
      lastTransition: moved ? now : status.lastTransition,
      observedAt: now,
      readyOnce: status.readyOnce || phase === Phase.running,
    },
  };
}

function unchanged(app: App): AppChange {
  return { app, changed: false, changes: [], revision: null, scaled: null };
}

function followedBy(app: App, now: Date): App {
  return { ...app, version: app.version + 1, generation: app.generation + 1, changedAt: now };
}

function onItsWay(app: App, act: keyof typeof NEXT_PHASE, now: Date): App {
  const known: App = {
    ...app,
    servedSinceStart: act === 'start' || act === 'stop' ? false : app.servedSinceStart,
    status: { ...app.status, counts: { ...app.status.counts, desired: wantedReplicas(app) } },
  };
  // A failed App that still has ready pods of an older Revision is updated beside them.
  const beside = act === 'revise' && app.status.phase === Phase.failed && app.status.counts.ready > 0;
  if (app.stopped && act !== 'stop') return known;
  return inPhase(known, beside ? Phase.updating : (NEXT_PHASE[act][app.status.phase] ?? app.status.phase), now);
}

function inPhase(app: App, phase: Phase, now: Date): App {
  if (phase === app.status.phase) return app;
  // A silent cluster stays silent: its reason goes when it is seen again.
  const { reason, message } = app.status.reason === 'ClusterUnreachable' ? app.status : { reason: '', message: '' };
  return { ...app, statusChangedAt: now, status: { ...app.status, phase, reason, message, lastTransition: now } };
}

function replicaIssues(replicas: number, min: number, { maxReplicas }: Limits): Issue[] {
  if (replicas >= min && replicas <= maxReplicas) return [];
  return [{ path: 'replicas', rule: 'range', kind: 'value', params: { min, max: maxReplicas } }];
}

function invalid(issues: Issue[]): Problem {
  const where = issues.map(({ path, rule }) => `${path} (${rule})`).join(', ');
  return problem.invalid('app', `The app is not valid: ${where}`, { issues });
}

function plainRegistryAuth(
  auth: RegistryAuth | null | undefined,
  [first]: readonly Container[],
): Required<RegistryAuth> | null {
  if (!auth) return null;
  return { username: auth.username, password: auth.password, server: auth.server ?? registryOf(first?.image ?? '') };
}
