import { Controller } from '@nestjs/common';
import { type ActivityEntry, ActivityList, type Envelope, listActivity, type ListActivity } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { actorOf } from '../audience/app-audiences.js';
import { ActivityEntity } from './activity.entity.js';

@Controller()
export class ListActivityHandler {
  constructor(private readonly transactions: Transactions) {}

  /**
   * The newest first: of an Environment, of an App, of both together, or of everything that the actor sees. Entries that it does not
   * see are left out, so what is absent and what is somebody else's both give an empty list, as does a `before` that is neither.
   */
  @Handles(listActivity)
  handle(input: ListActivity, envelope: Envelope): Promise<ActivityList> {
    const actor = actorOf(envelope);
    return this.transactions.read(async (reader) => {
      const query = reader
        .getRepository(ActivityEntity)
        .createQueryBuilder('activity')
        .where('(:admin or activity.ownerId = :userId or activity.teamIds && :teamIds::uuid[])', {
          admin: actor.admin,
          userId: actor.userId,
          teamIds: actor.teams.map(({ id }) => id),
        })
        .orderBy('activity.time', 'DESC')
        .addOrderBy('activity.id', 'DESC')
        .limit(input.limit);
      if (input.environmentId) query.andWhere('activity.environmentId = :environmentId', input);
      if (input.appId) query.andWhere('activity.appId = :appId', input);
      if (input.before) {
        // The time is compared where it has all its digits.
        const cursor = query
          .subQuery()
          .select('earlier.time, earlier.id')
          .from(ActivityEntity, 'earlier')
          .where('earlier.id = :before', { before: input.before })
          .getQuery();
        query.andWhere(`(activity.time, activity.id) < ${cursor}`).setParameter('before', input.before);
      }
      const rows = await query.getMany();
      return Object.assign(new ActivityList(), { entries: rows.map(toEntry) });
    });
  }
}

function toEntry({ ownerId: _owner, teamIds: _teams, time, ...entry }: ActivityEntity): ActivityEntry {
  return { ...entry, time: time.toISOString() };
}
