// Owns how Apps are found and written: who sees one, in one predicate for reads and writes, and what of a row is encrypted.
import { Injectable } from '@nestjs/common';
import {
  type Actor,
  type AppRef,
  problem,
  type RegistryAuth,
  type RevisionCause,
  type UserId,
} from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { Encryption, type EntityColumns, entityColumns, type Reader, type Tx } from '@slipway/persistence';
import { currentTraceparent } from '@slipway/runtime';
import { LessThan } from 'typeorm';

import { EnvironmentEntity } from '../environment/environment.entity.js';
import { AppEntity } from './app.entity.js';
import type { App } from './app.js';
import type { Container } from './container.js';
import { RevisionEntity } from './revision.entity.js';

const REVISIONS_KEPT = 50;
/** Of a column; a number beyond it is nobody's, and an error to the database. */
const LARGEST_INTEGER = 2 ** 31 - 1;

/** An App with all that belongs to it, decrypted. */
export interface FoundApp extends FoundRevision {
  readonly app: App;
  readonly host: string | null;
  readonly routable: boolean;
  readonly environment: EnvironmentEntity;
}

export interface FoundRevision {
  readonly revision: RevisionEntity;
  readonly containers: readonly Container[];
}

/** Puts a value among the parameters of a statement and says how its text calls it. */
type Place = (value: unknown) => string;

/** The parameters of a statement, and how they get there. */
function placing(): { parameters: unknown[]; place: Place } {
  const parameters: unknown[] = [];
  return { parameters, place: (value) => `$${parameters.push(value)}` };
}

/** The rows of `app` that the actor sees: its own, those of its teams, all for an admin. */
function visible(actor: Actor, place: Place): string {
  if (actor.admin) return 'true';
  const own = `app.owner_id = ${place(actor.userId)}`;
  if (actor.teams.length === 0) return own;
  const teams = place(actor.teams.map(({ id }) => id));
  return `(${own} or exists (select from jsonb_array_elements(app.teams) team where team ->> 'id' = any(${teams})))`;
}

type Joined = EntityColumns<typeof JOINED>;

/** What an App is read with, by the names that its statements give them. */
const JOINED = { app: AppEntity, environment: EnvironmentEntity, current: RevisionEntity };

@Injectable()
export class AppQueries {
  private columns: Joined | undefined;

  constructor(private readonly encryption: Encryption) {}

  /** @throws Refusal not_found, the same for an App that is absent and one that the actor does not see */
  async find(reader: Reader, ref: AppRef, actor: Actor): Promise<FoundApp> {
    const found = await this.findWhere(reader, (place) => `${named(ref, place)} and ${visible(actor, place)}`);
    if (!found) throw absent(ref);
    return found;
  }

  /** Like `find`, and one that is being deleted is absent as well. */
  async findPresent(reader: Reader, ref: AppRef, actor: Actor): Promise<FoundApp> {
    const found = await this.find(reader, ref, actor);
    if (found.app.status.phase === 'deleting') throw absent(ref);
    return found;
  }

  /** Like `find`, and nobody else changes the App before the transaction ends. */
  async lock(tx: Tx, ref: AppRef, actor: Actor): Promise<FoundApp> {
    const { parameters, place } = placing();
    const locked = await tx.manager.query<{ id: string }[]>(
      `select app.id from app join environment on environment.id = app.environment_id
        where ${named(ref, place)} and ${visible(actor, place)} for update of app`,
      parameters,
    );
    // A statement that waited for the lock would still join the Revision that was current before.
    const found = locked[0] && (await this.findAny(tx, locked[0].id));
    if (!found) throw absent(ref);
    return found;
  }

  /** For the reconciler, which serves nobody in particular. */
  findAny(reader: Reader, id: string): Promise<FoundApp | undefined> {
    return this.findWhere(reader, (place) => `app.id = ${place(id)}`);
  }

  /** Like `findAny`, and nobody else changes the App before the transaction ends. */
  async lockAny(tx: Tx, id: string): Promise<FoundApp | undefined> {
    await tx.manager.query(`select 1 from app where id = $1 for update`, [id]);
    return this.findAny(tx, id);
  }

  async page(
    reader: Reader,
    actor: Actor,
    given: { phases: readonly string[]; readyOnce?: boolean | undefined; offset: number; limit: number },
  ): Promise<{ apps: FoundApp[]; total: number }> {
    const { phases, readyOnce, offset } = given;
    const { parameters, place } = placing();
    const conditions = [
      visible(actor, place),
      phases.length > 0 ? `app.phase = any(${place(phases)})` : `app.phase <> 'deleting'`,
      ...(readyOnce === undefined ? [] : [`(app.phase <> 'deploying' or app.ready_once = ${place(readyOnce)})`]),
    ].join(' and ');
    const listed = (order: 'asc' | 'desc', skipped = '0'): string =>
      `select app.id from app where ${conditions} order by app.created_at ${order}, app.id ${order} offset ${skipped}`;
    // For a mere count PostgreSQL reads the whole table, since it holds every page of an index for dear. What is in the order of an index is
    // read from the index.
    const [counted] = await reader.manager.query<{ total: number }[]>(
      `select count(*)::int as total from (${listed('desc')}) as listed`,
      parameters,
    );
    const total = counted?.total ?? 0;
    const limit = Math.min(given.limit, total - offset);
    if (limit <= 0) return { apps: [], total };
    // From the nearer end: to skip a row costs as much as to count it.
    const after = total - offset - limit;
    const ids = after < offset ? listed('asc', place(after)) : listed('desc', place(offset));
    // The ids come out of an index alone, and only these rows are read.
    const where = `app.id in (${ids} limit ${place(limit)}) order by app.created_at desc, app.id desc`;
    return { apps: await this.select(reader, where, parameters), total };
  }

  /** How many the actor sees, of this owner alone where one is given. */
  async count(reader: Reader, actor: Actor, ownerId?: UserId | null): Promise<number> {
    const { parameters, place } = placing();
    const owned = ownerId ? `app.owner_id = ${place(ownerId)}` : 'true';
    const [counted] = await reader.manager.query<{ count: number }[]>(
      `select count(*)::int as count from app where ${visible(actor, place)} and ${owned} and app.phase <> 'deleting'`,
      parameters,
    );
    return counted?.count ?? 0;
  }

  /** Inserts or updates the row of an App. */
  async save(tx: Tx, found: Pick<FoundApp, 'app' | 'host' | 'routable' | 'environment'>): Promise<void> {
    await tx.getRepository(AppEntity).upsert(this.toRow(found), ['id']);
  }

  async addRevision(
    tx: Tx,
    app: App,
    containers: readonly Container[],
    given: { cause: RevisionCause; createdBy: string | null; createdAt: Date },
  ): Promise<RevisionEntity> {
    const row: RevisionEntity = {
      appId: app.id,
      number: app.revision,
      ...given,
      readyAt: null,
      containers: this.encryption.encrypt(revisionPlace(app.id, app.revision), JSON.stringify(containers)),
      traceparent: currentTraceparent() ?? tx.envelope?.traceparent ?? null,
    };
    await tx.getRepository(RevisionEntity).insert(row);
    if (app.revision > REVISIONS_KEPT) {
      const oldest = app.revision - REVISIONS_KEPT;
      await tx.manager.query(`delete from revision where app_id = $1 and number <= $2`, [app.id, oldest]);
    }
    return row;
  }

  /** Newest first. */
  async revisions(
    reader: Reader,
    appId: string,
    { offset, limit }: { offset: number; limit: number },
  ): Promise<{ revisions: FoundRevision[]; total: number }> {
    const [rows, total] = await reader
      .getRepository(RevisionEntity)
      .findAndCount({ where: { appId }, order: { number: 'DESC' }, skip: offset, take: limit });
    return { revisions: rows.map((revision) => this.openRevision(revision)), total };
  }

  /** The one of that number, or the newest before it. */
  async revision(
    reader: Reader,
    appId: string,
    { number, before }: { number?: number | undefined; before?: number },
  ): Promise<FoundRevision | undefined> {
    if (number !== undefined && number > LARGEST_INTEGER) return undefined;
    const row = await reader.getRepository(RevisionEntity).findOne({
      where: { appId, number: number ?? LessThan(before ?? 1) },
      order: { number: 'DESC' },
    });
    return row ? this.openRevision(row) : undefined;
  }

  private openRevision(revision: RevisionEntity): FoundRevision {
    const place = revisionPlace(revision.appId, revision.number);
    const containers = JSON.parse(this.encryption.decrypt(place, revision.containers)) as Container[];
    return { revision, containers };
  }

  private async findWhere(reader: Reader, where: (place: Place) => string): Promise<FoundApp | undefined> {
    const { parameters, place } = placing();
    return (await this.select(reader, where(place), parameters))[0];
  }

  private async select(reader: Reader, where: string, parameters: unknown[]): Promise<FoundApp[]> {
    const columns = (this.columns ??= entityColumns(reader.manager.dataSource, JOINED));
    const rows = await reader.manager.query<Record<string, unknown>[]>(
      `select ${columns.sql} from app join environment on environment.id = app.environment_id
        join revision current on current.app_id = app.id and current.number = app.revision
        where ${where}`,
      parameters,
    );
    return rows.map((row) => this.open(columns.read(row)));
  }

  private open({ app, environment, current }: ReturnType<Joined['read']>): FoundApp {
    const { host, routable } = app;
    return { app: this.toApp(app), host, routable, environment, ...this.openRevision(current) };
  }

  private toApp(row: AppEntity): App {
    const registryAuth =
      row.registryAuth === null
        ? null
        : (JSON.parse(this.encryption.decrypt(registryPlace(row.id), row.registryAuth)) as Required<RegistryAuth>);
    return {
      id: row.id,
      environmentId: row.environmentId,
      name: row.name,
      ownerId: row.ownerId,
      teams: row.teams,
      origin: row.origin,
      extensions: row.extensions as App['extensions'],
      description: row.description,
      replicas: row.replicas,
      stopped: row.stopped,
      registryAuth,
      restartedAt: row.restartedAt,
      revision: row.revision,
      imageChanges: row.imageChanges,
      generation: row.generation,
      observedGeneration: row.observedGeneration,
      version: row.version,
      createdAt: row.createdAt,
      changedAt: row.changedAt,
      statusChangedAt: row.statusChangedAt,
      lastAct: row.lastAct,
      servedSinceStart: row.servedSinceStart,
      status: {
        phase: row.phase,
        reason: row.reason,
        message: row.message,
        lastTransition: row.lastTransition,
        observedAt: row.observedAt,
        counts: {
          desired: row.desiredReplicas,
          ready: row.readyReplicas,
          updated: row.updatedReplicas,
          available: row.availableReplicas,
        },
        restarts: row.restarts,
        readyOnce: row.readyOnce,
      },
    };
  }

  private toRow({
    app,
    host,
    routable,
    environment,
  }: Parameters<AppQueries['save']>[1]): Omit<AppEntity, 'environment'> {
    const { status, registryAuth, ...own } = app;
    const { counts, ...seen } = status;
    return {
      ...own,
      host,
      routable,
      dedicated: environment.kind === 'dedicated',
      registryAuth: registryAuth && this.encryption.encrypt(registryPlace(app.id), JSON.stringify(registryAuth)),
      ...seen,
      desiredReplicas: counts.desired,
      readyReplicas: counts.ready,
      updatedReplicas: counts.updated,
      availableReplicas: counts.available,
    };
  }
}

function named({ id, environment, name }: AppRef, place: Place): string {
  if (id) return `app.id = ${place(id.toLowerCase())}`;
  if (environment && name) return `environment.name = ${place(environment)} and app.name = ${place(name)}`;
  throw new Refusal(
    problem.invalid('app', 'An app is named by its id, or by environment and name', {
      issues: [{ path: 'app.id', rule: 'required', kind: 'shape' }],
    }),
  );
}

function absent({ id, environment, name }: AppRef): Refusal {
  return new Refusal(
    problem.notFound('app', `There is no app ${id ?? `"${name}" in the environment "${environment}"`}`),
  );
}

const registryPlace = (id: string) => ({ table: 'app', id, column: 'registry_auth' });
const revisionPlace = (id: string, number: number) => ({
  table: 'revision',
  id: `${id}/${number}`,
  column: 'containers',
});
