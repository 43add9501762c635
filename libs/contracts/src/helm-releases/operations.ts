import { defineCommand, defineQuery } from '../define.js';
import {
  GetRelease,
  GetReleaseHistory,
  ListNamespaces,
  ListReleases,
  NamespaceNames,
  ReleaseDocument,
  RollBackRelease,
} from './helm-releases.v1.js';

/** Answered when the new revision is recorded and applied. */
export const rollBackRelease = defineCommand({
  subject: 'cmd.helm-releases.release.rollback.v1',
  input: RollBackRelease,
});

/** A list, each release at the highest of its revisions. */
export const listReleases = defineQuery({
  subject: 'qry.helm-releases.release.list.v1',
  input: ListReleases,
  output: ReleaseDocument,
});
export const getRelease = defineQuery({
  subject: 'qry.helm-releases.release.get.v1',
  input: GetRelease,
  output: ReleaseDocument,
});
/** A list of all revisions, the first one first. */
export const getReleaseHistory = defineQuery({
  subject: 'qry.helm-releases.release.history.v1',
  input: GetReleaseHistory,
  output: ReleaseDocument,
});
export const listNamespaces = defineQuery({
  subject: 'qry.helm-releases.namespace.list.v1',
  input: ListNamespaces,
  output: NamespaceNames,
});
