import { createDataSource } from '../database/data-source.js';
import { describeConnectionFault } from '../database/database-address.js';

/**
 * Publishes again what left since a moment, for a broker whose disk is lost: marks the rows unsent, and the relay of the running service
 * does the rest under the same ids, so that who has handled a message drops it. Reaches back seven days. Returns how many there are.
 * @throws Error of one sentence when the database cannot be reached
 */
export async function refillEvents(databaseUrl: string, options: { service: string; since: Date }): Promise<number> {
  const { service, since } = options;
  const dataSource = createDataSource({ service, databaseUrl, poolSize: 1 });
  try {
    await dataSource.initialize();
  } catch (error) {
    throw new Error(describeConnectionFault(error, databaseUrl), { cause: error });
  }
  try {
    const [, count] = await dataSource.query<[unknown[], number]>(
      `update outbox set sent_at = null where sent_at >= $1`,
      [since],
    );
    return count;
  } finally {
    await dataSource.destroy();
  }
}
