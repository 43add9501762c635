import type { Actor, TeamId, UserId } from '@slipway/contracts';

/** The rule of core-model: the owner, whoever shares a team, an admin. */
export function seesApp(actor: Actor, app: { ownerId: UserId; teamIds: readonly TeamId[] }): boolean {
  return actor.admin || actor.userId === app.ownerId || actor.teams.some(({ id }) => app.teamIds.includes(id));
}
