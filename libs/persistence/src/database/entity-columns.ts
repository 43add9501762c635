import type { DataSource } from 'typeorm';

import { quoteName } from './database-options.js';

type Entities = Record<string, new () => object>;
type Row<E extends Entities> = { [Alias in keyof E]: InstanceType<E[Alias]> };

/** The columns of several entities, each under the alias of its table, for a statement that a service writes itself. */
export interface EntityColumns<E extends Entities> {
  /** The list after `select`. */
  readonly sql: string;
  /** The entities of one row that the statement found. */
  read(row: Record<string, unknown>): Row<E>;
}

/**
 * For what is asked often: TypeORM's builder makes text and objects through its metadata at each call, which takes longer than the query.
 * Values are as the driver gives them: no column of these may have a transformer.
 */
export function entityColumns<E extends Entities>(dataSource: DataSource, entities: E): EntityColumns<E> {
  const columns = Object.entries(entities).flatMap(([alias, entity]) =>
    dataSource.getMetadata(entity).columns.map(({ databaseName, propertyName }) => ({
      alias,
      propertyName,
      column: `${alias}.${quoteName(databaseName)}`,
      name: `${alias}.${databaseName}`,
    })),
  );
  return {
    sql: columns.map(({ column, name }) => `${column} as ${quoteName(name)}`).join(', '),
    read: (row) => {
      const found: Record<string, Record<string, unknown>> = {};
      for (const [alias, entity] of Object.entries(entities)) found[alias] = new entity() as Record<string, unknown>;
      for (const { alias, name, propertyName } of columns) (found[alias] ??= {})[propertyName] = row[name];
      return found as Row<E>;
    },
  };
}
