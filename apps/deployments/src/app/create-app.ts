import { randomUUID } from 'node:crypto';

import { Controller } from '@nestjs/common';
import {
  appCreated,
  type Actor,
  type AppId,
  AppView,
  CreateApp,
  createApp,
  type Envelope,
  type EnvironmentSnapshot,
  problem,
} from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Inbox, isUniqueViolation, takeTurns, type Tx } from '@slipway/persistence';

import { Not } from 'typeorm';

import { DeploymentsConfig } from '../deployments.config.js';
import { EnvironmentEntity } from '../environment/environment.entity.js';
import { dedicatedNamespace } from '../environment/namespace.js';
import { ImageCheck } from '../image/image-check.js';
import { writerOf } from './actor.js';
import { AppEntity } from './app.entity.js';
import { mayCreateIn, newApp, ownershipRefusal } from './app.js';
import { AppQueries, type FoundApp } from './app.queries.js';
import { AppSignals } from './app-signals.js';
import { toAppFacts, toAppView, toContainerFacts, toEventActor } from './app.view.js';
import { CommitChange } from './commit-change.js';
import { isPublished } from './container.js';
import { orRefuse } from './or-refuse.js';
import { WorkloadEntity } from './workload.entity.js';

@Controller()
export class CreateAppHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly queries: AppQueries,
    private readonly changes: CommitChange,
    private readonly images: ImageCheck,
    private readonly config: DeploymentsConfig,
    private readonly signals: AppSignals,
  ) {}

  @Handles(createApp)
  async handle(input: CreateApp, envelope: Envelope): Promise<AppView> {
    const actor = writerOf(envelope);
    const wrong = await this.images.judge(
      input.containers.map(({ image }) => image),
      input.registryAuth,
    );
    const view = await this.inbox.onceInTurn(this.turnOf(actor), createApp, envelope, async (tx) => {
      if (wrong) throw new Refusal(wrong);
      const found = await this.create(tx, input, actor);
      await tx.outbox.add(appCreated, {
        app: toAppFacts(found),
        actor: toEventActor(actor),
        revision: found.app.revision,
        replicas: found.app.replicas,
        containers: found.containers.map(toContainerFacts),
      });
      return toAppView(found, { urlScheme: this.config.urlScheme });
    });
    this.signals.committed(view.id);
    return view;
  }

  private async create(tx: Tx, input: CreateApp, actor: Actor): Promise<FoundApp> {
    const id: AppId = randomUUID();
    const environment = await this.environment(tx, input, id, actor);
    const now = new Date();
    const { app, containers } = orRefuse(
      newApp(input, {
        id,
        environmentId: environment.id,
        actor,
        now,
        limits: this.changes.limits,
      }),
    );
    const ownedApps = await this.ownedApps(tx, actor);
    await this.refuseTakenNames(tx, app.name, environment, actor);
    const tooMany = ownershipRefusal(ownedApps, this.changes.limits);
    if (tooMany) throw new Refusal(tooMany);
    const host = isPublished(containers) ? await this.changes.reserve(tx, app) : null;
    try {
      await this.queries.save(tx, { app, host, routable: false, environment });
      await tx.getRepository(WorkloadEntity).insert({ environmentId: environment.id, name: app.name, appId: id });
    } catch (error) {
      throw isUniqueViolation(error) ? taken(app.name) : error;
    }
    const given = { cause: 'create', createdBy: actor.userId, createdAt: now } as const;
    const revision = await this.queries.addRevision(tx, app, containers, given);
    return { app, host, routable: false, environment, revision, containers };
  }

  private async environment(tx: Tx, input: CreateApp, id: AppId, actor: Actor): Promise<EnvironmentEntity> {
    const { dedicated, environment } = input;
    if (Boolean(dedicated) === Boolean(environment)) {
      throw new Refusal(
        problem.invalid('app', 'An app is made in one environment: a dedicated one, or one that exists', {
          issues: [{ path: 'environment', rule: 'required', kind: 'shape' }],
        }),
      );
    }
    if (environment) return this.sharedEnvironment(tx, environment, actor);
    const namespace = dedicatedNamespace(dedicated?.namespacePrefix ?? '', { id, name: input.name });
    const made: EnvironmentEntity = {
      id: randomUUID(),
      name: namespace,
      namespace,
      kind: 'dedicated',
      ownerId: actor.userId,
      version: 1,
    };
    try {
      await tx.getRepository(EnvironmentEntity).insert(made);
    } catch (error) {
      throw isUniqueViolation(error) ? namespaceTaken(namespace) : error;
    }
    return made;
  }

  // The gateway read it at its owner; whoever comes later with an older view changes nothing.
  private async sharedEnvironment(tx: Tx, given: EnvironmentSnapshot, actor: Actor): Promise<EnvironmentEntity> {
    const { namespace } = given;
    if (await tx.getRepository(EnvironmentEntity).existsBy({ namespace, id: Not(given.id) }))
      throw namespaceTaken(namespace);
    await tx.manager.query(
      `insert into environment (id, name, namespace, kind, owner_id, version) values ($1, $2, $3, $4, $5, $6)
       on conflict (id) do update set name = excluded.name, namespace = excluded.namespace, kind = excluded.kind,
         owner_id = excluded.owner_id, version = excluded.version
         where environment.version < excluded.version`,
      [given.id, given.name, given.namespace, given.kind, given.ownerId ?? null, given.version],
    );
    const environment = await tx.getRepository(EnvironmentEntity).findOneByOrFail({ id: given.id });
    const forbidden = mayCreateIn(environment, actor);
    if (forbidden) throw new Refusal(forbidden);
    return environment;
  }

  // Where there is a limit, creates of one user wait for each other: two that count at once would both find room.
  private turnOf(actor: Actor): string | undefined {
    return this.changes.limits.maxAppsPerUser === 0 ? undefined : `owner ${actor.userId}`;
  }

  private async ownedApps(tx: Tx, actor: Actor): Promise<number> {
    const turn = this.turnOf(actor);
    if (turn === undefined) return 0;
    await takeTurns(tx, [turn]);
    return tx
      .getRepository(AppEntity)
      .createQueryBuilder('app')
      .where(`app.ownerId = :ownerId and app.phase <> 'deleting'`, { ownerId: actor.userId })
      .getCount();
  }

  // Constraints decide when two ask at once; this tells the cases apart.
  private async refuseTakenNames(tx: Tx, name: string, environment: EnvironmentEntity, actor: Actor): Promise<void> {
    const apps = tx.getRepository(AppEntity);
    if (environment.kind === 'dedicated') {
      const rival = await apps
        .createQueryBuilder('app')
        .where(`app.dedicated and app.phase <> 'deleting' and app.ownerId = :ownerId and app.name = :name`, {
          ownerId: actor.userId,
          name,
        })
        .getExists();
      if (rival) throw taken(name);
      return;
    }
    const rival = await apps.findOneBy({ environmentId: environment.id, name });
    if (rival?.phase === 'deleting') {
      throw new Refusal(problem.conflict('app', `The app "${name}" is still being deleted`, { code: 'deleting' }));
    }
    if (rival) throw taken(name);
    if (await tx.getRepository(WorkloadEntity).existsBy({ environmentId: environment.id, name })) {
      const text = `Another app of the environment "${environment.name}" has a workload named "${name}"`;
      throw new Refusal(problem.conflict('app', text, { code: 'workload_name_taken', facts: { name } }));
    }
  }
}

function taken(name: string): Refusal {
  const text = `There is an app named "${name}" already; choose another name`;
  return new Refusal(problem.alreadyExists('app', text, { code: 'name', facts: { name } }));
}

function namespaceTaken(namespace: string): Refusal {
  const text = `The namespace "${namespace}" belongs to another environment`;
  return new Refusal(problem.conflict('environment', text, { code: 'namespace_taken', facts: { namespace } }));
}
