import { type Envelope, problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import type { Reader } from '@slipway/persistence';
import type { SelectQueryBuilder } from 'typeorm';

import { AppAudienceEntity } from '../app-audience/app-audience.entity.js';
import { EnvironmentEntity, EnvironmentState } from './environment.entity.js';

/**
 * The Environments that the actor sees: its own, and those with an App that it sees (as owner, through a team, or as admin). One that
 * is on its way out is absent.
 * @throws Refusal `unauthenticated` without an actor
 */
export function visibleEnvironments(reader: Reader, { actor }: Envelope): SelectQueryBuilder<EnvironmentEntity> {
  if (!actor)
    throw new Refusal(
      problem.unauthenticated('credential', 'Environments are shown to whoever may see them: this needs a credential.'),
    );
  const query = reader.getRepository(EnvironmentEntity).createQueryBuilder('environment');
  const visibleApp = query
    .subQuery()
    .select('1')
    .from(AppAudienceEntity, 'app')
    .where('app.environmentId = environment.id')
    .andWhere('(:admin or app.ownerId = :userId or app.teamIds && :teamIds::uuid[])')
    .getQuery();
  return query
    .where('environment.state = :active', { active: EnvironmentState.active })
    .andWhere(`(environment.ownerId = :userId or exists ${visibleApp})`)
    .setParameters({ admin: actor.admin, userId: actor.userId, teamIds: actor.teams.map(({ id }) => id) });
}
