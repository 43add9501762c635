// Owns how Apps are found and written: who sees one, in one predicate for reads and writes, and what of a row is encrypted.
import { Injectable } from '@nestjs/common';
import { type Actor, type AppRef, problem, type RegistryAuth, type RevisionCause } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { Encryption, type Reader, type Tx } from '@slipway/persistence';
import { currentTraceparent } from '@slipway/runtime';
import { Brackets, LessThan, type SelectQueryBuilder } from 'typeorm';

import type { EnvironmentEntity } from '../environment/environment.entity.js';
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

/** The rows of `app` that the actor sees: its own, those of its teams, all for an admin. */
export function visibleTo(actor: Actor): Brackets {
  return new Brackets((where) => {
    if (actor.admin) return where.where('true');
    where.where('app.ownerId = :actorId', { actorId: actor.userId });
    if (actor.teams.length === 0) return where;
    return where.orWhere(
      `exists (select 1 from jsonb_array_elements(app.teams) team where team ->> 'id' in (:...actorTeams))`,
      { actorTeams: actor.teams.map(({ id }) => id) },
    );
  });
}

type Loaded = AppEntity & { current: RevisionEntity };

@Injectable()
export class AppQueries {
  constructor(private readonly encryption: Encryption) {}

  /** @throws Refusal not_found, the same for an App that is absent and one that the actor does not see */
  async find(reader: Reader, ref: AppRef, actor: Actor): Promise<FoundApp> {
    const row = await named(this.select(reader), ref).andWhere(visibleTo(actor)).getOne();
    if (!row) throw absent(ref);
    return this.open(row as Loaded);
  }

  /** Like `find`, and one that is being deleted is absent as well. */
  async findPresent(reader: Reader, ref: AppRef, actor: Actor): Promise<FoundApp> {
    const found = await this.find(reader, ref, actor);
    if (found.app.status.phase === 'deleting') throw absent(ref);
    return found;
  }

  /** Like `find`, and nobody else changes the App before the transaction ends. */
  async lock(tx: Tx, ref: AppRef, actor: Actor): Promise<FoundApp> {
    const rows = tx.getRepository(AppEntity).createQueryBuilder('app').innerJoin('app.environment', 'environment');
    const locked = await named(rows, ref)
      .andWhere(visibleTo(actor))
      .setLock('pessimistic_write', undefined, ['app'])
      .getOne();
    if (!locked) throw absent(ref);
    // A statement that waited for the lock would still join the Revision that was current before.
    const row = await this.select(tx).where('app.id = :id', { id: locked.id }).getOneOrFail();
    return this.open(row as Loaded);
  }

  /** For the reconciler, which serves nobody in particular. */
  async findAny(reader: Reader, id: string): Promise<FoundApp | undefined> {
    const row = await this.select(reader).where('app.id = :id', { id }).getOne();
    return row ? this.open(row as Loaded) : undefined;
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
    const wanted = this.select(reader).where(visibleTo(actor));
    if (given.phases.length > 0) wanted.andWhere('app.phase in (:...phases)', { phases: given.phases });
    else wanted.andWhere(`app.phase <> 'deleting'`);
    if (given.readyOnce !== undefined) {
      wanted.andWhere(`(app.phase <> 'deploying' or app.readyOnce = :readyOnce)`, { readyOnce: given.readyOnce });
    }
    const total = await wanted.getCount();
    const rows = await wanted
      .orderBy('app.createdAt', 'DESC')
      .addOrderBy('app.id', 'DESC')
      .offset(given.offset)
      .limit(given.limit)
      .getMany();
    return { apps: rows.map((row) => this.open(row as Loaded)), total };
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

  private select(reader: Reader): SelectQueryBuilder<AppEntity> {
    return reader
      .getRepository(AppEntity)
      .createQueryBuilder('app')
      .innerJoinAndSelect('app.environment', 'environment')
      .innerJoinAndMapOne(
        'app.current',
        RevisionEntity,
        'current',
        'current.appId = app.id and current.number = app.revision',
      );
  }

  private open(row: Loaded): FoundApp {
    const { environment, current, host, routable } = row;
    return { app: this.toApp(row), host, routable, environment, ...this.openRevision(current) };
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

function named(query: SelectQueryBuilder<AppEntity>, ref: AppRef): SelectQueryBuilder<AppEntity> {
  if (ref.id) return query.where('app.id = :id', { id: ref.id.toLowerCase() });
  const { environment, name } = ref;
  if (environment && name)
    return query.where('environment.name = :environment and app.name = :name', { environment, name });
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
