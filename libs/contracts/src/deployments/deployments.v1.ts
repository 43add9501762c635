import {
  Flag,
  Format,
  Id,
  Integer,
  JsonObject,
  Nested,
  NestedList,
  OneOf,
  Optional,
  Sealed,
  SomeOf,
  Text,
  TextList,
  Time,
} from '../fields.js';
import type { AppId, ContainerId, EnvironmentId, UserId } from '../ids.js';
import { TeamRef } from '../identity/identity.v1.js';

export const Phase = {
  pending: 'pending',
  deploying: 'deploying',
  running: 'running',
  updating: 'updating',
  scaling: 'scaling',
  stopping: 'stopping',
  stopped: 'stopped',
  failed: 'failed',
  deleting: 'deleting',
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];
const PHASES = Object.values(Phase);

const DIALECTS = ['container-engine', 'porter', 'kubevela', 'tsuru', 'last-backend'] as const;
export type Origin = (typeof DIALECTS)[number];

export const EnvironmentKind = { owned: 'owned', dedicated: 'dedicated', open: 'open' } as const;
export type EnvironmentKind = (typeof EnvironmentKind)[keyof typeof EnvironmentKind];
const ENVIRONMENT_KINDS = Object.values(EnvironmentKind);

const REVISION_CAUSES = ['create', 'update', 'variables', 'binding', 'rollback'] as const;
export type RevisionCause = (typeof REVISION_CAUSES)[number];

// ---- desired state

/** Name and value of an environment variable. Order is kept. */
export class Variable {
  @Format('variable_name') name: string;
  @Text({ max: 131_072 }) value: string;
}

export class Port {
  @OneOf(['tcp', 'udp']) protocol: 'tcp' | 'udp';
  /** What the Service listens on. */
  @Integer({ min: 1, max: 65535 }) external: number;
  /** What the container listens on. */
  @Integer({ min: 1, max: 65535 }) internal: number;
  /** Reached from outside, by the App's host. */
  @Flag() published: boolean;
}

/** Kubernetes quantities. What is absent gets its default when the App is rendered. */
export class Resources {
  @Format('quantity') @Optional() cpuRequest?: string;
  @Format('quantity') @Optional() memoryRequest?: string;
  @Format('quantity') @Optional() cpuLimit?: string;
  @Format('quantity') @Optional() memoryLimit?: string;
}

export class HealthCheck {
  @Format('leading_slash') path: string;
  @Integer({ min: 0, max: 300 }) initialDelaySeconds: number;
  @Integer({ min: 1, max: 300 }) periodSeconds: number;
  @Integer({ min: 1, max: 60 }) timeoutSeconds: number;
  @Integer({ min: 1, max: 10 }) failureThreshold: number;
}

export class RegistryAuth {
  @Text({ min: 1, max: 255 }) username: string;
  @Text({ min: 1, max: 4096 }) password: string;
  /** Host, with a port when it has one. Absent: the registry that the image of the first container names. */
  @Text({ min: 1, max: 255 }) @Optional() server?: string;
}

export class ContainerInput {
  @Format('dns_label') name: string;
  @Format('image') image: string;
  @TextList() @Optional() entrypoint?: string[];
  @TextList() @Optional() args?: string[];
  @NestedList(() => Variable) @Sealed() variables: Variable[];
  @NestedList(() => Port, { max: 100 }) ports: Port[];
  @Nested(() => Resources) @Optional() resources?: Resources;
  @Nested(() => HealthCheck) @Optional() healthCheck?: HealthCheck;
}

/** Changes the container of that name, or the first. An absent field stays, null removes. */
export class ContainerChange {
  @Format('dns_label') @Optional() name?: string;
  @Format('image') @Optional() image?: string;
  /** Replaces them all. */
  @NestedList(() => Variable) @Optional() @Sealed() variables?: Variable[];
  /** Replaces them all. */
  @NestedList(() => Port, { max: 100 }) @Optional() ports?: Port[];
  /** Moves the main port, inside and outside; it stays published or not, and the other ports stay. Where there is none it becomes a published one. */
  @Integer({ min: 1, max: 65_535 }) @Optional() mainPort?: number;
  @Nested(() => Resources) @Optional() resources?: Resources | null;
  @Nested(() => HealthCheck) @Optional() healthCheck?: HealthCheck | null;
}

/** An Environment that is made for this App alone and goes with it. */
export class DedicatedEnvironment {
  /** The namespace is named after this prefix, the App and the first digits of its id. */
  @Text({ min: 1, max: 10, pattern: /^[a-z][a-z0-9]*$/ }) namespacePrefix: string;
}

/** The Environment as the gateway read it at its owner; deployments keeps the newest version. */
export class EnvironmentSnapshot {
  @Id() id: EnvironmentId;
  @Format('dns_label') name: string;
  @Format('dns_label') namespace: string;
  @OneOf(ENVIRONMENT_KINDS) kind: EnvironmentKind;
  @Id() @Optional() ownerId: UserId | null;
  @Integer({ min: 1 }) version: number;
}

/** Exactly one of `dedicated` and `environment` is given. */
export class CreateApp {
  @Format('dns_label') name: string;
  @Text({ max: 512 }) @Optional() description?: string;
  @OneOf(DIALECTS) origin: Origin;
  @Nested(() => DedicatedEnvironment) @Optional() dedicated?: DedicatedEnvironment;
  @Nested(() => EnvironmentSnapshot) @Optional() environment?: EnvironmentSnapshot;
  @NestedList(() => ContainerInput, { max: 20 }) containers: ContainerInput[];
  @Integer({ min: 1, max: 10_000 }) replicas: number;
  @NestedList(() => TeamRef) @Optional() teams?: TeamRef[];
  @JsonObject() @Optional() extensions?: Record<string, unknown>;
  @Nested(() => RegistryAuth) @Optional() @Sealed() registryAuth?: RegistryAuth;
}

// ---- commands on one App

/** By id, or by Environment and name. */
export class AppRef {
  @Id() @Optional() id?: AppId;
  @Format('dns_label') @Optional() environment?: string;
  @Format('dns_label') @Optional() name?: string;
}

export class UpdateApp {
  @Nested(() => AppRef) app: AppRef;
  /** The version that the caller last saw; another one is `precondition_failed`. */
  @Integer({ min: 1 }) @Optional() ifVersion?: number;
  /** The name that the caller takes it to have, which no command changes: another one is `invalid`. */
  @Text({ max: 253 }) @Optional() name?: string;
  @Text({ max: 512 }) @Optional() description?: string;
  @Integer({ min: 1, max: 10_000 }) @Optional() replicas?: number;
  @Nested(() => RegistryAuth) @Optional() @Sealed() registryAuth?: RegistryAuth | null;
  @NestedList(() => ContainerChange, { max: 20 }) @Optional() containers?: ContainerChange[];
}

/** Variables of the first container. Names that are in neither list keep their values; one in both is set. */
export class SetVariables {
  @Nested(() => AppRef) app: AppRef;
  @Integer({ min: 1 }) @Optional() ifVersion?: number;
  @NestedList(() => Variable) @Sealed() set: Variable[];
  @TextList({ max: 1000, maxLength: 253 }) unset: string[];
}

export class ScaleApp {
  @Nested(() => AppRef) app: AppRef;
  @Integer({ min: 1 }) @Optional() ifVersion?: number;
  /** 0 stops and keeps the count for the next start. */
  @Integer({ min: 0, max: 10_000 }) replicas: number;
  /** Whether a count above 0 starts a stopped App. */
  @Flag() start: boolean;
}

export class AppCommand {
  @Nested(() => AppRef) app: AppRef;
  @Integer({ min: 1 }) @Optional() ifVersion?: number;
}

// ---- what is answered

export class EnvironmentOfApp {
  @Id() id: EnvironmentId;
  @Format('dns_label') name: string;
  @Format('dns_label') namespace: string;
  @OneOf(ENVIRONMENT_KINDS) kind: EnvironmentKind;
}

export class ReplicaCounts {
  /** 0 while stopped. */
  @Integer({ min: 0 }) desired: number;
  @Integer({ min: 0 }) ready: number;
  /** Ready or not, of the wanted revision. */
  @Integer({ min: 0 }) updated: number;
  @Integer({ min: 0 }) available: number;
}

/** Computed from the cluster, never guessed. */
export class AppStatus {
  @OneOf(PHASES) phase: Phase;
  /** A word such as ImagePullBackOff; empty when there is nothing to tell. */
  @Text({ max: 128 }) reason: string;
  @Text({ max: 4096 }) message: string;
  @Time() lastTransition: string;
  /** When the cluster was last seen; null before the first time. */
  @Time() @Optional() observedAt: string | null;
  @Nested(() => ReplicaCounts) counts: ReplicaCounts;
  /** Sum over the present pods. */
  @Integer({ min: 0 }) restarts: number;
  /** Has been fully ready at least once. */
  @Flag() readyOnce: boolean;
}

export class RevisionView {
  @Integer({ min: 1 }) number: number;
  @OneOf(REVISION_CAUSES) cause: RevisionCause;
  @Id() @Optional() createdBy: UserId | null;
  @Time() createdAt: string;
  /** When it was first fully ready. */
  @Time() @Optional() readyAt: string | null;
}

export class ContainerView {
  @Id() id: ContainerId;
  @Format('dns_label') name: string;
  @Text({ max: 255 }) image: string;
  @TextList() @Optional() entrypoint: string[] | null;
  @TextList() @Optional() args: string[] | null;
  /** Only on request (`include: variables`). */
  @NestedList(() => Variable) @Optional() @Sealed() variables: Variable[] | null;
  @NestedList(() => Port, { max: 100 }) ports: Port[];
  /** With every default in place. */
  @Nested(() => Resources) resources: Resources;
  @Nested(() => HealthCheck) @Optional() healthCheck: HealthCheck | null;
}

export class RegistryOfApp {
  @Text({ max: 255 }) username: string;
  @Text({ max: 255 }) server: string;
}

export class PodView {
  @Text({ max: 253 }) name: string;
  @Text({ max: 64 }) phase: string;
  @Flag() ready: boolean;
  @Integer({ min: 0 }) restarts: number;
  @Text({ max: 253 }) @Optional() node: string | null;
  @Text({ max: 64 }) @Optional() ip: string | null;
  @Time() createdAt: string;
  @Time() @Optional() startedAt: string | null;
  @Text({ max: 128 }) reason: string;
  @Text({ max: 4096 }) message: string;
}

export class AppView {
  @Id() id: AppId;
  @Format('dns_label') name: string;
  @Nested(() => EnvironmentOfApp) environment: EnvironmentOfApp;
  @Id() ownerId: UserId;
  @NestedList(() => TeamRef) teams: TeamRef[];
  @OneOf(DIALECTS) origin: Origin;
  @Text({ max: 512 }) description: string;
  @OneOf(['containers', 'file']) source: 'containers' | 'file';
  /** Kept while stopped, so never below 1. */
  @Integer({ min: 1 }) replicas: number;
  @Flag() stopped: boolean;
  @Text({ max: 253 }) @Optional() host: string | null;
  /** Null until the Ingress is applied and an endpoint has been ready once. */
  @Text({ max: 300 }) @Optional() url: string | null;
  /** The ETag: every accepted change of desired state or description moves it, status never. */
  @Integer({ min: 1 }) version: number;
  @Integer({ min: 1 }) generation: number;
  @Time() createdAt: string;
  @Time() changedAt: string;
  @Time() statusChangedAt: string;
  @Nested(() => AppStatus) status: AppStatus;
  @Nested(() => RevisionView) revision: RevisionView;
  @NestedList(() => ContainerView, { max: 20 }) containers: ContainerView[];
  @Nested(() => RegistryOfApp) @Optional() registry: RegistryOfApp | null;
  @JsonObject() extensions: Record<string, unknown>;
  /** Only on request (`include: pods`), and null while the cluster does not tell of them. */
  @NestedList(() => PodView) @Optional() pods: PodView[] | null;
}

export class ChangedApp {
  @Nested(() => AppView) app: AppView;
  /** False when the command asked for what was so already. */
  @Flag() changed: boolean;
}

export class ScaledApp {
  @Nested(() => AppView) app: AppView;
  @Integer({ min: 0 }) old: number;
  @Integer({ min: 0 }) new: number;
}

// ---- queries

const INCLUDES = ['variables', 'pods'] as const;
export type Include = (typeof INCLUDES)[number];

export class GetApp {
  @Nested(() => AppRef) app: AppRef;
  @SomeOf(INCLUDES) @Optional() include?: Include[];
  /** Also one that is being deleted; default false. */
  @Flag() @Optional() deleting?: boolean;
}

export class ListApps {
  /** Empty: all but those being deleted. */
  @SomeOf(PHASES) @Optional() phases?: Phase[];
  /** Of those deploying only the ones that have been fully ready before, or that have not; default: both. */
  @Flag() @Optional() readyOnce?: boolean;
  @Integer({ min: 1 }) page: number;
  @Integer({ min: 1, max: 100 }) limit: number;
}

export class AppPage {
  @NestedList(() => AppView, { max: 100 }) apps: AppView[];
  @Integer({ min: 0 }) total: number;
}

export class CountApps {
  @Id() @Optional() ownerId?: UserId;
}

export class AppCount {
  @Integer({ min: 0 }) count: number;
}

export class AwaitApp {
  @Id() id: AppId;
  /** The generation whose state is waited for. */
  @Integer({ min: 1 }) generation: number;
  /** `settled`: neither on its way nor pending. `failed` ends every wait; of an App that is deleted only `gone` can be awaited. */
  @OneOf(['running', 'stopped', 'settled', 'gone']) until: 'running' | 'stopped' | 'settled' | 'gone';
  @Integer({ min: 0, max: 25_000 }) timeoutMs: number;
  /** That of the App, with `gone`: looked for once the App is. */
  @Format('dns_label') @Optional() namespace?: string;
}

export class AwaitedApp {
  /** Null once it is gone. */
  @Nested(() => AppView) @Optional() app: AppView | null;
  /** Whether the awaited state was seen in time. */
  @Flag() reached: boolean;
  /** Whether the cluster, asked after the App was gone, had no such namespace; absent when nobody asked, or it gave no answer. */
  @Flag() @Optional() namespaceGone?: boolean;
}

// ---- events

/** What every event about an App tells of it, as of that moment. */
export class AppFacts {
  @Id() id: AppId;
  @Format('dns_label') name: string;
  @Nested(() => EnvironmentOfApp) environment: EnvironmentOfApp;
  @Id() ownerId: UserId;
  @NestedList(() => TeamRef) teams: TeamRef[];
  @OneOf(DIALECTS) origin: Origin;
  @Integer({ min: 1 }) version: number;
}

export class EventActor {
  @Id() userId: UserId;
  @Text({ max: 50 }) username: string;
}

/** A container as facts tell of it: without values. */
export class ContainerFacts {
  @Id() id: ContainerId;
  @Format('dns_label') name: string;
  @Text({ max: 255 }) image: string;
}

export class AppCreated {
  @Nested(() => AppFacts) app: AppFacts;
  @Nested(() => EventActor) @Optional() actor: EventActor | null;
  @Integer({ min: 1 }) revision: number;
  @Integer({ min: 1 }) replicas: number;
  /** Absent in facts of before it was told. */
  @NestedList(() => ContainerFacts, { max: 20 }) @Optional() containers?: ContainerFacts[];
}

/** What a new Revision made of the containers, by their names. */
export class ContainersChanged {
  @NestedList(() => ContainerFacts, { max: 20 }) created: ContainerFacts[];
  /** As they are now. */
  @NestedList(() => ContainerFacts, { max: 20 }) replaced: ContainerFacts[];
  @NestedList(() => ContainerFacts, { max: 20 }) removed: ContainerFacts[];
}

export class AppUpdated {
  @Nested(() => AppFacts) app: AppFacts;
  @Nested(() => EventActor) @Optional() actor: EventActor | null;
  /** What was changed: `image`, `port`, `variables`, `resources`, `health_check`, `command`, `registry_auth`, `description`. */
  @TextList({ max: 20, maxLength: 64 }) changes: string[];
  @Integer({ min: 1 }) @Optional() revision: number | null;
  /** Of the Revision. Null without one; absent in facts of before it was told, as is what became of the containers. */
  @OneOf(REVISION_CAUSES) @Optional() cause?: RevisionCause | null;
  @Nested(() => ContainersChanged) @Optional() containers?: ContainersChanged | null;
}

export class AppRestarted {
  @Nested(() => AppFacts) app: AppFacts;
  @Nested(() => EventActor) @Optional() actor: EventActor | null;
  /** A restart makes none. */
  @Integer({ min: 1 }) revision: number;
}

export class AppScaled {
  @Nested(() => AppFacts) app: AppFacts;
  @Nested(() => EventActor) @Optional() actor: EventActor | null;
  @Integer({ min: 0 }) old: number;
  @Integer({ min: 0 }) new: number;
}

export class AppPhaseChanged {
  @Nested(() => AppFacts) app: AppFacts;
  @OneOf(PHASES) from: Phase;
  @OneOf(PHASES) to: Phase;
  @Text({ max: 128 }) reason: string;
  @Text({ max: 4096 }) message: string;
  @Text({ max: 300 }) @Optional() url: string | null;
  /** The act that led here, when it was one of these. */
  @OneOf(['scale', 'start', 'stop']) @Optional() after: 'scale' | 'start' | 'stop' | null;
  /** Has been fully ready at some time: what deploys then starts again. */
  @Flag() readyOnce: boolean;
}

export class AppDeleting {
  @Nested(() => AppFacts) app: AppFacts;
  @Nested(() => EventActor) @Optional() actor: EventActor | null;
}

export class AppDeleted {
  @Nested(() => AppFacts) app: AppFacts;
}

export class NamespaceRemoved {
  @Id() environmentId: EnvironmentId;
  @Format('dns_label') namespace: string;
  /** False when a namespace that Slipway did not make was left in place. */
  @Flag() removed: boolean;
  /** Why it was left in place: `foreign`, it belongs to somebody else. Null when it was not; absent in facts of before it was told. */
  @OneOf(['foreign']) @Optional() why?: 'foreign' | null;
}
