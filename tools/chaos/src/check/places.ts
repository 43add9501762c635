// Where the effect of each kind of operation must be found, and how often it is. Found by what the driver chose: a name, an image, a variable with
// its value, the request id that Slipway carries along into facts.
import type { AppAnswer, EventRow, KeyRow, Sighting, World } from '../observe/world.js';
import type { Operation } from './operations.js';
import type { Counts } from './verdict.js';

export class Places {
  private readonly events = new Map<string, EventRow[]>();
  private readonly answers: ReadonlyMap<string, readonly AppAnswer[]>;
  private readonly keys: ReadonlyMap<string, readonly KeyRow[]>;
  private readonly keysById: ReadonlyMap<string, readonly KeyRow[]>;
  private readonly rows: ReadonlyMap<string, readonly unknown[]>;
  /** How often each image is the image of a Revision. */
  private readonly revisions = new Map<string, number>();
  private readonly ended: ReadonlySet<string>;
  private readonly activities: ReadonlySet<string>;

  /** @param operations all of the run: what a later one took away is not looked for */
  constructor(
    private readonly world: World,
    operations: readonly Operation[],
  ) {
    for (const event of world.events) {
      const op = event.requestId.replace(/\.\d+$/, '');
      const key = `${op} ${event.subject}`;
      const known = this.events.get(key);
      if (known) known.push(event);
      else this.events.set(key, [event]);
    }
    this.activities = new Set(world.activityIds);
    this.answers = groupedBy(world.answers, ({ name }) => name);
    this.keys = groupedBy(world.keys, ({ name }) => name);
    this.keysById = groupedBy(world.keys, ({ id }) => id);
    this.rows = groupedBy(world.apps, ({ name }) => name);
    for (const image of world.answers.flatMap(({ revisions }) => revisions))
      this.revisions.set(image, (this.revisions.get(image) ?? 0) + 1);
    this.ended = new Set(
      operations.filter(({ kind, outcome }) => kind === 'delete' && outcome !== 'refused').map(({ target }) => target),
    );
  }

  countsOf(operation: Operation): Counts {
    const { kind, target, value } = operation;
    const answers = this.answers.get(target) ?? [];
    const isThere = !this.ended.has(target);
    switch (kind) {
      case 'create': {
        const made = this.facts(operation, 'deployments.app.created');
        return {
          fact: made.length,
          journal: this.journalled(made),
          // Its first Revision has the image that only this caller asked for.
          ...(isThere && { app: answers.filter(({ revisions }) => revisions[0] === value).length }),
        };
      }
      case 'set': {
        const [name = '', text = ''] = value.split('=');
        const told = this.facts(operation, 'deployments.app.updated');
        return {
          fact: told.length,
          journal: this.journalled(told),
          variable: answers.filter(({ variables }) => variables[name] === text).length,
        };
      }
      case 'image': {
        const told = this.facts(operation, 'deployments.app.updated');
        return {
          fact: told.length,
          journal: this.journalled(told),
          revision: this.revisions.get(value) ?? 0,
        };
      }
      case 'scale':
        return this.factAndJournal(operation, 'deployments.app.scaled');
      case 'restart':
        return this.factAndJournal(operation, 'deployments.app.restarted');
      case 'delete': {
        const told = this.facts(operation, 'deployments.app.deleting');
        const rows = this.rows.get(target)?.length ?? 0;
        return { fact: told.length, journal: this.journalled(told), gone: rows === 0 ? 1 : 0 };
      }
      case 'key':
        return { key: this.keys.get(target)?.length ?? 0 };
      case 'revoke':
        return {
          fact: this.facts(operation, 'identity.credential.revoked').length,
          key: (this.keysById.get(value) ?? []).filter(({ revoked }) => revoked).length,
        };
    }
  }

  /** When the effect was first seen while the run went on. */
  sightingOf({ op, kind, target }: Operation): Sighting | undefined {
    return this.world.sightings[kind === 'key' ? target : op];
  }

  private factAndJournal(operation: Operation, fact: string): Counts {
    const told = this.facts(operation, fact);
    return { fact: told.length, journal: this.journalled(told) };
  }

  private facts({ op }: Operation, fact: string): readonly EventRow[] {
    return this.events.get(`${op} evt.${fact}.v1`) ?? [];
  }

  /** Activities have the id of the fact that they tell of. */
  private journalled(facts: readonly EventRow[]): number {
    return facts.filter(({ id }) => this.activities.has(id)).length;
  }
}

function groupedBy<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return groups;
}
