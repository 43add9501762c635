import type { RevisionContent, RevisionEntry, RevisionPage, RolledBackApp } from '@slipway/contracts';

import { contentOf, toUpdated } from './deployments.projection.js';
import type { Cause, Revision, RevisionItem, RevisionList, RolledBackDeployment } from './revisions.dto.js';
import { paginationOf, type Page } from './query.js';
import { toTime, toTimeOrNull } from './time.js';

export function toRevisionList({ revisions, total }: RevisionPage, page: Page): RevisionList {
  return { revisions: revisions.map(toRevisionItem), pagination: paginationOf(page, total) };
}

export function toRevision({ revision, current, containers }: RevisionContent): Revision {
  return {
    ...toRevisionItem({ revision, current, image: containers[0]?.image ?? '' }),
    ...contentOf(containers),
  };
}

function toRevisionItem({ revision, image, current }: RevisionEntry): RevisionItem {
  const { number, cause, createdAt, createdBy, readyAt } = revision;
  return {
    revision: number,
    image,
    cause: CAUSES[cause],
    created_at: toTime(createdAt),
    created_by: createdBy ?? null,
    current,
    deployed_at: toTimeOrNull(readyAt),
  };
}

const CAUSES: Readonly<Record<RevisionEntry['revision']['cause'], Cause>> = {
  create: 'create',
  update: 'update',
  variables: 'env',
  binding: 'binding',
  rollback: 'rollback',
};

export function toRolledBack({ app, changed, rolledBackTo }: RolledBackApp): RolledBackDeployment {
  const updated = toUpdated({ app, changed });
  return {
    id: app.id,
    status: updated.status,
    revision: app.revision.number,
    rolled_back_to: rolledBackTo,
    message: changed && !app.stopped ? `Rollback to revision ${rolledBackTo} in progress` : updated.message,
    updated_at: updated.updated_at,
  };
}
