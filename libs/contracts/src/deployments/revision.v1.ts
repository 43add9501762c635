import { Flag, Integer, Nested, NestedList, Optional, Text } from '../fields.js';
import { AppRef, AppView, ContainerView, RevisionView } from './deployments.v1.js';

export class ListRevisions {
  @Nested(() => AppRef) app: AppRef;
  @Integer({ min: 1 }) page: number;
  @Integer({ min: 1, max: 100 }) limit: number;
}

export class RevisionEntry {
  @Nested(() => RevisionView) revision: RevisionView;
  /** Of the first container. */
  @Text({ max: 255 }) image: string;
  /** Whether it is what the cluster shall run. */
  @Flag() current: boolean;
}

/** Newest first. Only the last 50 are kept. */
export class RevisionPage {
  @NestedList(() => RevisionEntry, { max: 100 }) revisions: RevisionEntry[];
  @Integer({ min: 0 }) total: number;
}

export class GetRevision {
  @Nested(() => AppRef) app: AppRef;
  @Integer({ min: 1 }) number: number;
}

export class RevisionContent {
  @Nested(() => RevisionView) revision: RevisionView;
  @Flag() current: boolean;
  /** With their variables. */
  @NestedList(() => ContainerView, { max: 20 }) containers: ContainerView[];
}

/** Makes a new Revision with the content of an older one; replicas, stop and registry credentials stay. */
export class RollBackApp {
  @Nested(() => AppRef) app: AppRef;
  @Integer({ min: 1 }) @Optional() ifVersion?: number;
  /** Default: the one before the current. */
  @Integer({ min: 1 }) @Optional() revision?: number;
}

export class RolledBackApp {
  @Nested(() => AppView) app: AppView;
  /** False when its content is what the App has already. */
  @Flag() changed: boolean;
  @Integer({ min: 1 }) rolledBackTo: number;
}
