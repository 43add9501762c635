import { defineCommand, defineEvent, defineQuery } from '../define.js';
import {
  AppCommand,
  AppCount,
  AppCreated,
  AppDeleted,
  AppDeleting,
  AppPage,
  AppPhaseChanged,
  AppRestarted,
  AppScaled,
  AppUpdated,
  AppView,
  AwaitApp,
  AwaitedApp,
  ChangedApp,
  CountApps,
  CreateApp,
  GetApp,
  ListApps,
  NamespaceRemoved,
  ScaleApp,
  ScaledApp,
  SetVariables,
  UpdateApp,
} from './deployments.v1.js';
import { AppMetrics, GetMetrics } from './metrics.v1.js';
import {
  AddDomain,
  ChangedDomain,
  DomainChanged,
  DomainCommand,
  DomainList,
  DomainView,
  GetDomain,
  ListDomains,
} from './domain.v1.js';
import { GetNodeAddress, NodeAddress } from './node.v1.js';
import { ListPods, PodList } from './pod.v1.js';
import {
  GetRevision,
  ListRevisions,
  RevisionContent,
  RevisionPage,
  RollBackApp,
  RolledBackApp,
} from './revision.v1.js';

export const createApp = defineCommand({ subject: 'cmd.deployments.app.create.v1', input: CreateApp, output: AppView });
export const updateApp = defineCommand({
  subject: 'cmd.deployments.app.update.v1',
  input: UpdateApp,
  output: ChangedApp,
});
export const scaleApp = defineCommand({ subject: 'cmd.deployments.app.scale.v1', input: ScaleApp, output: ScaledApp });
export const startApp = defineCommand({ subject: 'cmd.deployments.app.start.v1', input: AppCommand, output: AppView });
export const stopApp = defineCommand({ subject: 'cmd.deployments.app.stop.v1', input: AppCommand, output: AppView });
export const restartApp = defineCommand({
  subject: 'cmd.deployments.app.restart.v1',
  input: AppCommand,
  output: AppView,
});
export const setVariables = defineCommand({
  subject: 'cmd.deployments.app.set-variables.v1',
  input: SetVariables,
  output: ChangedApp,
});
export const rollBackApp = defineCommand({
  subject: 'cmd.deployments.app.rollback.v1',
  input: RollBackApp,
  output: RolledBackApp,
});
export const deleteApp = defineCommand({
  subject: 'cmd.deployments.app.delete.v1',
  input: AppCommand,
  output: AppView,
});

export const addDomain = defineCommand({
  subject: 'cmd.deployments.domain.add.v1',
  input: AddDomain,
  output: ChangedDomain,
});
export const removeDomain = defineCommand({
  subject: 'cmd.deployments.domain.remove.v1',
  input: DomainCommand,
  output: ChangedDomain,
});
/** Looks for the proof at once, and answers with what was found. */
export const verifyDomain = defineCommand({
  subject: 'cmd.deployments.domain.verify.v1',
  input: DomainCommand,
  output: DomainView,
});

export const getApp = defineQuery({ subject: 'qry.deployments.app.get.v1', input: GetApp, output: AppView });
export const listApps = defineQuery({ subject: 'qry.deployments.app.list.v1', input: ListApps, output: AppPage });
export const countApps = defineQuery({ subject: 'qry.deployments.app.count.v1', input: CountApps, output: AppCount });
export const awaitApp = defineQuery({ subject: 'qry.deployments.app.await.v1', input: AwaitApp, output: AwaitedApp });
export const getMetrics = defineQuery({
  subject: 'qry.deployments.app.metrics.v1',
  input: GetMetrics,
  output: AppMetrics,
});
export const getNodeAddress = defineQuery({
  subject: 'qry.deployments.node.address.v1',
  input: GetNodeAddress,
  output: NodeAddress,
});
export const listPods = defineQuery({ subject: 'qry.deployments.pod.list.v1', input: ListPods, output: PodList });
export const listRevisions = defineQuery({
  subject: 'qry.deployments.revision.list.v1',
  input: ListRevisions,
  output: RevisionPage,
});
export const getRevision = defineQuery({
  subject: 'qry.deployments.revision.get.v1',
  input: GetRevision,
  output: RevisionContent,
});

export const listDomains = defineQuery({
  subject: 'qry.deployments.domain.list.v1',
  input: ListDomains,
  output: DomainList,
});
export const getDomain = defineQuery({
  subject: 'qry.deployments.domain.get.v1',
  input: GetDomain,
  output: DomainView,
});

const everyone = ['catalog', 'logs', 'notifications'] as const;
const journals = ['logs', 'notifications'] as const;

export const appCreated = defineEvent({
  subject: 'evt.deployments.app.created.v1',
  payload: AppCreated,
  listeners: everyone,
});
export const appUpdated = defineEvent({
  subject: 'evt.deployments.app.updated.v1',
  payload: AppUpdated,
  listeners: journals,
});
export const appScaled = defineEvent({
  subject: 'evt.deployments.app.scaled.v1',
  payload: AppScaled,
  listeners: journals,
});
export const appRestarted = defineEvent({
  subject: 'evt.deployments.app.restarted.v1',
  payload: AppRestarted,
  listeners: journals,
});
export const appPhaseChanged = defineEvent({
  subject: 'evt.deployments.app.phase-changed.v1',
  payload: AppPhaseChanged,
  listeners: journals,
});
export const appDeleting = defineEvent({
  subject: 'evt.deployments.app.deleting.v1',
  payload: AppDeleting,
  listeners: everyone,
});
export const appDeleted = defineEvent({
  subject: 'evt.deployments.app.deleted.v1',
  payload: AppDeleted,
  listeners: everyone,
});
export const domainAdded = defineEvent({
  subject: 'evt.deployments.domain.added.v1',
  payload: DomainChanged,
  listeners: journals,
});
export const domainVerified = defineEvent({
  subject: 'evt.deployments.domain.verified.v1',
  payload: DomainChanged,
  listeners: journals,
});
export const domainFailed = defineEvent({
  subject: 'evt.deployments.domain.failed.v1',
  payload: DomainChanged,
  listeners: journals,
});
export const domainRemoved = defineEvent({
  subject: 'evt.deployments.domain.removed.v1',
  payload: DomainChanged,
  listeners: journals,
});
export const namespaceRemoved = defineEvent({
  subject: 'evt.deployments.namespace.removed.v1',
  payload: NamespaceRemoved,
  listeners: ['catalog'],
});
