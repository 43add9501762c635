// I1-I7 of the design, for what verdicts on single operations do not say. Pure: the journal and the world in, sentences about what is wrong out.
import { MOST_KEYS } from '../driver/workloads/quota.js';
import type { FrameLine, JournalLine, PollLine } from '../driver/journal.js';
import type { AppAnswer, Resources, World, WorkloadObject } from '../observe/world.js';
import type { Operation } from './operations.js';
import { SETTLED_AFTER_MS } from './verdict.js';

export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I7' | 'I8' | 'P5' | 'P7' | 'S3' | 'row';

export interface Violation {
  readonly invariant: Invariant;
  readonly text: string;
}

export interface Evidence {
  readonly journal: readonly JournalLine[];
  readonly operations: readonly Operation[];
  readonly world: World;
  /** Whose canary belongs to which user. */
  readonly tenants: readonly { readonly canary: string; readonly userId: string }[];
  /** In so many milliseconds every operation is answered, where the faults leave the way to the caller alone. */
  readonly answersWithinMs?: number | undefined;
  /** Reasons of dead letters that the row brings about itself. */
  readonly expectedLetters: readonly RegExp[];
}

type Check = (evidence: Evidence) => string[];

const checks: readonly (readonly [Invariant, Check])[] = [
  ['I1', newestImageStands],
  ['I1', lastScaleStands],
  ['I1', clusterIsAsWanted],
  ['I1', usedIsCounted],
  ['I2', oneAppPerName],
  ['I2', oneEntryPerFact],
  ['I2', oneDeliveryPerFact],
  ['I3', nothingUnsent],
  ['I3', lettersAreExplained],
  ['I4', statusIsTrue],
  ['I5', versionsNeverGoBack],
  ['I5', imagesNeverGoBack],
  ['I5', copiesAreNew],
  ['I7', nothingLeaks],
  ['I8', nothingIsKept],
  ['P5', feedIsWhole],
  ['P5', linesAreWhole],
  ['P7', errorsSayWhy],
  ['P7', answersComeInTime],
  ['S3', sessionsLast],
];

export function violations(evidence: Evidence): Violation[] {
  return checks.flatMap(([invariant, check]) => check(evidence).map((text) => ({ invariant, text })));
}

/** In a list, and 404 when it is asked for by itself. */
const ABSENT = 'absent';

/** Of an App with one writer: nothing that was over when a later write was sent may come after that write, in the order of Revisions or in the end. */
function newestImageStands({ operations, world }: Evidence): string[] {
  const writesOf = new Map<string, Map<string, Operation>>();
  for (const write of operations) {
    if (write.workload !== 'register' || write.outcome === 'refused') continue;
    const writes = writesOf.get(write.target) ?? new Map<string, Operation>();
    writesOf.set(write.target, writes.set(write.value, write));
  }
  return world.answers.flatMap(({ name, image, revisions }) => {
    const writes = writesOf.get(name);
    if (!writes) return [];
    const wrong: string[] = [];
    const stands = writes.get(image);
    const acked = [...writes.values()].filter(({ outcome }) => outcome === 'acked');
    if (stands ? acked.some((later) => isOverBefore(stands, later)) : acked.length > 0)
      wrong.push(`${name} has the image ${image}, older than one that was acknowledged`);
    const inOrder = revisions.every((one, index) => {
      const write = writes.get(one);
      const before = revisions.slice(0, index).map((earlier) => writes.get(earlier));
      return write ? !before.some((earlier) => earlier && isOverBefore(write, earlier)) : index === 0;
    });
    if (!inOrder) wrong.push(`${name} got its images in another order than they were sent: ${revisions.join(' ')}`);
    return wrong;
  });
}

/** Of an App that is scaled one step after the other: what was acknowledged last, or something of unknown fate. */
function lastScaleStands({ operations, world }: Evidence): string[] {
  const scalesOf = new Map<string, Operation[]>();
  for (const scale of operations) {
    if (scale.kind !== 'scale' || scale.outcome === 'refused') continue;
    const known = scalesOf.get(scale.target);
    if (known) known.push(scale);
    else scalesOf.set(scale.target, [scale]);
  }
  return world.apps.flatMap(({ name, replicas }) => {
    const scales = scalesOf.get(name) ?? [];
    const made = scales.filter(({ value }) => value === String(replicas));
    const later = scales.find((one) => one.outcome === 'acked' && made.every((before) => isOverBefore(before, one)));
    return later ? [`${name} has ${replicas} replicas, and was scaled to ${later.value}`] : [];
  });
}

/** An answer ends a write. One without may still be done, until it has settled (P2). */
function isOverBefore(one: Operation, other: Operation): boolean {
  return (one.ackedAt ?? one.sentAt + SETTLED_AFTER_MS) < other.firstSentAt;
}

function clusterIsAsWanted({ world }: Evidence): string[] {
  const apps = new Map(world.apps.map((app) => [app.id, app]));
  const wrong: string[] = [];
  for (const { name, appId } of world.namespaces) {
    if (!apps.has(appId)) wrong.push(`the namespace ${name} is left behind by an app that is gone`);
  }
  for (const answer of world.answers) {
    const app = apps.get(answer.id);
    if (!app || answer.status === ABSENT) continue;
    const objects = world.workloads.filter(({ appId }) => appId === app.id);
    const [workload] = objects;
    if (!workload || objects.length > 1) {
      wrong.push(`the cluster has ${objects.length} Deployments for ${app.name}`);
      continue;
    }
    if (workload.image !== answer.image)
      wrong.push(`the cluster runs ${workload.image} for ${app.name}, not ${answer.image}`);
    const wanted = app.stopped ? 0 : app.replicas;
    if (workload.replicas !== wanted)
      wrong.push(`the cluster has ${workload.replicas} replicas for ${app.name}, not ${wanted}`);
    for (const [variable, value] of Object.entries(answer.variables)) {
      if (workload.variables[variable] !== value) wrong.push(`${variable} of ${app.name} is not in the cluster`);
    }
  }
  return wrong;
}

/** Nobody has more than a user may have, and each is told how many there are. */
function usedIsCounted({ world }: Evidence): string[] {
  return world.used.flatMap(({ userId, told }) => {
    const live = world.keys.filter((key) => key.userId === userId && !key.revoked).length;
    return [
      ...(live > MOST_KEYS ? [`${userId} has ${live} API keys, more than ${MOST_KEYS}`] : []),
      ...(told === live ? [] : [`${userId} is told of ${told} API keys, and has ${live}`]),
    ];
  });
}

function oneAppPerName({ world }: Evidence): string[] {
  return repeated(world.apps.map(({ name }) => name)).map((name) => `there is more than one app ${name}`);
}

const ABOUT_APPS = /^evt\.deployments\.(app|domain)\./;

function oneEntryPerFact({ world }: Evidence): string[] {
  const entries = new Map<string, number>();
  for (const { eventId } of world.feed) entries.set(eventId, (entries.get(eventId) ?? 0) + 1);
  const activities = new Set(world.activityIds);
  return world.events
    .filter(({ subject }) => ABOUT_APPS.test(subject))
    .flatMap(({ id, subject, appName }) => {
      const count = entries.get(id) ?? 0;
      const wrong = count === 1 ? [] : [`${subject} of ${appName} is in the feed ${count} times`];
      return activities.has(id) ? wrong : [...wrong, `${subject} of ${appName} is not in the activity journal`];
    });
}

/** The webhook that each of these facts is told by. */
const TOLD: Readonly<Record<string, string>> = {
  'evt.deployments.app.updated.v1': 'deployment_updated',
  'evt.deployments.app.restarted.v1': 'deployment_restarted',
  'evt.deployments.app.scaled.v1': 'deployment_scaling',
  'evt.deployments.app.deleted.v1': 'deployment_deleted',
};

/** So long after its time a new endpoint is seen by whoever takes facts in. */
const COMMITTED_MS = 1_000;

/** What has failed twice is tried again when a run is over. */
const SELDOM_AFTER = 2;

function oneDeliveryPerFact({ world }: Evidence): string[] {
  const wrong: string[] = [];
  const stored = new Map<string, number>();
  for (const { endpointId, eventId } of world.deliveries) {
    const key = `${endpointId} ${eventId}`;
    stored.set(key, (stored.get(key) ?? 0) + 1);
  }
  for (const [key, count] of stored) if (count > 1) wrong.push(`the delivery ${key} is stored ${count} times`);
  // One that was disabled meanwhile is told nothing more, and one in its place nothing of before.
  for (const { id: endpointId, ownerId, createdAt } of world.endpoints.filter(({ active }) => active)) {
    for (const { id, subject, appName } of world.events.filter(
      (event) => event.ownerId === ownerId && event.createdAt > createdAt + COMMITTED_MS && TOLD[event.subject],
    )) {
      if (!stored.has(`${endpointId} ${id}`))
        wrong.push(`${subject} of ${appName} was never to be delivered to ${endpointId}`);
    }
  }
  const bodies = new Map<string, string>();
  for (const { path, webhookId, body } of world.received) {
    const key = `${path} ${webhookId}`;
    if ((bodies.get(key) ?? body) !== body) wrong.push(`the webhook ${key} came with two bodies`);
    bodies.set(key, body);
  }
  const pathOf = new Map(world.endpoints.map(({ id, url }) => [id, new URL(url).pathname]));
  const isActive = new Set(world.endpoints.flatMap(({ id, active }) => (active ? id : [])));
  const arrived = new Set(bodies.keys());
  for (const { endpointId, eventId, type, status, attempts, lastError } of world.deliveries) {
    const about = `the delivery ${eventId} (${type})`;
    if (status === 'delivered' && !arrived.has(`${pathOf.get(endpointId)} ${eventId}`))
      wrong.push(`${about} is called delivered and never arrived`);
    if (status !== 'delivered' && isActive.has(endpointId) && attempts < SELDOM_AFTER)
      wrong.push(`${about} is ${status} after ${attempts} attempts: ${lastError}`);
  }
  const known = new Set(world.deliveries.map(({ endpointId, eventId }) => `${pathOf.get(endpointId)} ${eventId}`));
  for (const key of arrived) if (!known.has(key)) wrong.push(`the webhook ${key} arrived and belongs to no delivery`);
  return wrong;
}

function nothingUnsent({ world }: Evidence): string[] {
  return world.events
    .filter(({ sent }) => !sent)
    .map(({ subject, id }) => `${subject} ${id} has never left the outbox`);
}

function lettersAreExplained({ world, expectedLetters }: Evidence): string[] {
  return world.deadLetters
    .map(({ service, subject, reason, text }) => `${service} buried ${subject}: ${reason}, ${text}`)
    .filter((text) => !expectedLetters.some((expected) => expected.test(text)));
}

function statusIsTrue({ world }: Evidence): string[] {
  const workloads = new Map(world.workloads.map((workload) => [workload.appId, workload]));
  return world.answers.flatMap((answer) => {
    if (answer.status === ABSENT) return [`an app is listed to ${answer.reader} and cannot be read: ${answer.id}`];
    const wrong = untruth(answer, workloads.get(answer.id));
    return wrong === undefined ? [] : [`${answer.name} is called ${answer.status}, and ${wrong}`];
  });
}

function untruth({ status }: AppAnswer, workload: WorkloadObject | undefined): string | undefined {
  if (!workload) return status === 'failed' ? undefined : 'has no Deployment';
  const { replicas, readyReplicas, updatedReplicas, totalReplicas, generation, observedGeneration } = workload;
  const told = `has ${readyReplicas} of ${replicas} ready, ${updatedReplicas} of the wanted revision, ${totalReplicas} in all`;
  const isRunning =
    replicas > 0 && readyReplicas === replicas && updatedReplicas === replicas && observedGeneration === generation;
  switch (status) {
    case 'running':
      return isRunning ? undefined : told;
    case 'stopped':
      return replicas === 0 && totalReplicas === 0 ? undefined : told;
    case 'failed':
      return isRunning ? told : undefined;
    default:
      return `${told}; it should have come to an end`;
  }
}

function versionsNeverGoBack({ journal }: Evidence): string[] {
  const newest = new Map<string, number>();
  return journal
    .filter((line): line is PollLine => line.note === 'poll')
    .flatMap(({ reader, target, version }) => {
      const key = `${reader} ${target}`;
      const known = newest.get(key) ?? 0;
      newest.set(key, Math.max(known, version));
      return version < known ? [`${target} was at version ${known} and then at ${version}`] : [];
    });
}

/** Apps with one writer. */
const REGISTER_APP = /-register-\d+$/;

/** The cluster is given an App's Revisions in their order: nobody writes what it read before it stood still. */
function imagesNeverGoBack({ world: { images, answers } }: Evidence): string[] {
  return Object.entries(images).flatMap(([name, given]) => {
    const revisions = REGISTER_APP.test(name) && answers.find((answer) => answer.name === name)?.revisions;
    if (!revisions) return [];
    const numbers = given.map((image) => revisions.indexOf(image));
    const back = numbers.findIndex((number, index) => index > 0 && number < (numbers[index - 1] ?? 0));
    return back === -1 ? [] : [`the cluster was given ${given[back]} for ${name} after ${given[back - 1]}`];
  });
}

/** The copy that logs keeps of an App is as new as the last fact about it. */
function copiesAreNew({ world }: Evidence): string[] {
  const newest = new Map<string, number>();
  for (const { appId, appVersion } of world.events) {
    if (appId !== null && appVersion !== null) newest.set(appId, Math.max(newest.get(appId) ?? 0, appVersion));
  }
  return world.audiences.flatMap(({ appId, version }) => {
    const known = newest.get(appId) ?? version;
    return version < known ? [`logs keeps version ${version} of the app ${appId}, which is at ${known}`] : [];
  });
}

function nothingLeaks({ journal, world, tenants }: Evidence): string[] {
  const owners = new Map(world.apps.map(({ id, ownerId }) => [id, ownerId]));
  const listed = world.answers.flatMap(({ id, reader }) => {
    const { userId } = tenants.find(({ canary }) => canary === reader) ?? {};
    const owner = owners.get(id);
    return owner === undefined || owner === userId ? [] : [`the app ${id} is listed to ${reader}, whose it is not`];
  });
  const told = journal.flatMap((line) =>
    line.note === 'leak' ? [`${line.actor} was given something of ${line.canary}: ${line.where}`] : [],
  );
  const arrived = world.received.flatMap(({ path, body }) =>
    tenants
      .filter(({ canary }) => body.includes(`"${canary}-`) && !isOf(path, canary))
      .map(({ canary }) => `a webhook of ${canary} arrived at ${path}`),
  );
  return [...told, ...listed, ...arrived];
}

/** A webhook's path begins with its owner. */
function isOf(path: string, canary: string): boolean {
  return path === `/${canary}` || path.startsWith(`/${canary}/`);
}

/** A pool that is used now and then, by a clock, keeps its connections: one replica's may all be there. */
const POOL_SIZE = 5;
/** How far what is held may be from what was held after the warm-up; beside it single ones, whose number says little. */
const TENTH = 1.1;
/** So many Apps a reconciler has at work at once, each with a connection to the cluster: with more Apps, more of them meet in half a minute. */
const AT_WORK = 8;
const SPARE = { openFiles: 3, sessions: POOL_SIZE, connections: AT_WORK, heldMiB: 8 };
/** What a reconciler may keep of an App. */
const APP_MIB = 30 / 1024;
const WHOLE = 'slipway';
const RECONCILERS = ['deployments', WHOLE];

function nothingIsKept({ world }: Evidence): string[] {
  const { before, quiet, after } = world.resources;
  return [...grown(before, after), ...keptMore(before, quiet, world.apps.length)];
}

/** Which apps keep more memory than they did, beyond what they know of so many Apps. */
export function keptMore(before: Resources, now: Resources, appCount: number): string[] {
  return appsOf(before).flatMap((app) => {
    const known = RECONCILERS.includes(app) ? appCount * APP_MIB : 0;
    return more(`MiB that ${app} keeps`, heldMiBOf(before, app), heldMiBOf(now, app), SPARE.heldMiB + known);
  });
}

/** What there is more of, by number. */
export function grown(before: Resources, after: Resources): string[] {
  return [
    ...more('connections to the cluster', before.clusterConnections, after.clusterConnections, SPARE.connections),
    ...more('consumers of the broker', before.consumers, after.consumers, 0),
    ...appsOf(before).flatMap((app) => {
      const [had, has] = [openFilesOf(before, app), openFilesOf(after, app)];
      return [
        ...more(
          `sessions of ${app} with the database`,
          sessionsOf(before, app),
          sessionsOf(after, app),
          SPARE.sessions,
        ),
        ...[...has].flatMap(([kind, count]) =>
          more(
            `open files of ${app}, ${kind}`,
            had.get(kind) ?? 0,
            count,
            kind === 'cluster' ? SPARE.connections : SPARE.openFiles,
          ),
        ),
      ];
    }),
  ];
}

function more(what: string, was: number, is: number, spare: number): string[] {
  return is > was * TENTH + spare ? [`${what}: ${Math.round(is)} afterwards, ${Math.round(was)} before`] : [];
}

function appsOf({ replicas }: Resources): string[] {
  return [...new Set(Object.keys(replicas).map(appOf))];
}

function sessionsOf({ databaseSessions }: Resources, app: string): number {
  const all = Object.entries(databaseSessions);
  return all.reduce((sum, [role, count]) => (role === app || app === WHOLE ? sum + count : sum), 0);
}

/** Of all replicas of an app together: streams and the lease go from one to the other. */
function heldMiBOf({ replicas }: Resources, app: string): number {
  return Object.entries(replicas).reduce((sum, [name, { heldMiB }]) => (appOf(name) === app ? sum + heldMiB : sum), 0);
}

/** By kind, without connections to the database: those are counted where they end. */
function openFilesOf({ replicas }: Resources, app: string): Map<string, number> {
  const files = Object.entries(replicas).flatMap(([name, { openFiles }]) =>
    appOf(name) === app ? Object.entries(openFiles) : [],
  );
  const sums = new Map<string, number>();
  for (const [kind, count] of files) if (kind !== 'database') sums.set(kind, (sums.get(kind) ?? 0) + count);
  return sums;
}

function appOf(replica: string): string {
  return replica.replace(/-\d+$/, '');
}

/** Stored for order, and shown by no dialect. */
const NOT_SHOWN = ['deployments.app.deleting', 'deployments.domain.added'];

/** Each reader got every entry since its first, once and in order. */
function feedIsWhole({ journal, world, tenants }: Evidence): string[] {
  return tenants.flatMap(({ canary, userId }) => {
    const ids = framesOf(journal, 'feed', canary)
      .filter(({ id }) => id !== '')
      .map(({ id }) => BigInt(id));
    const [first] = ids;
    if (first === undefined) return [];
    const wrong: string[] = [];
    const swapped = ids.find((id, index) => index > 0 && id <= (ids[index - 1] ?? 0n));
    if (swapped !== undefined) wrong.push(`the feed of ${canary} gave ${swapped} again or too late`);
    const got = new Set(ids);
    const shown = world.feed.filter((entry) => entry.userId === userId && !NOT_SHOWN.includes(entry.fact));
    const missing = shown.filter(
      (entry) => entry.userId === userId && BigInt(entry.id) > first && !got.has(BigInt(entry.id)),
    );
    if (missing.length > 0) wrong.push(`the feed of ${canary} left out ${missing.length}, the first ${missing[0]?.id}`);
    return wrong;
  });
}

const NUMBERED = /^chaos line (\d+)\b/;
const DROPPED = /^(\d+) lines dropped/;

/** Numbers received and gaps announced are all that was written, without repeats and in order. */
function linesAreWhole({ journal, world }: Evidence): string[] {
  return Object.entries(world.written).flatMap(([app, lines]) => {
    const canary = app.slice(0, app.indexOf('-'));
    const messages = framesOf(journal, 'lines', canary).map(
      ({ text }) => (JSON.parse(text) as { message: string }).message,
    );
    const numbers = messages.flatMap((message) => Number(NUMBERED.exec(message)?.[1] ?? []) || []);
    const dropped = messages.reduce((sum, message) => sum + Number(DROPPED.exec(message)?.[1] ?? 0), 0);
    const wrong: string[] = [];
    const swapped = numbers.find((number, index) => index > 0 && number <= (numbers[index - 1] ?? 0));
    if (swapped !== undefined) wrong.push(`the log of ${app} gave line ${swapped} again or too late`);
    const missing = lines.length - new Set(numbers).size;
    if (missing > dropped)
      wrong.push(`the log of ${app} left out ${missing} of ${lines.length} lines and told of ${dropped}`);
    return wrong;
  });
}

/** Every error is of the dialect's form, and says when to come again where it helps. */
function errorsSayWhy({ journal }: Evidence): string[] {
  return journal.flatMap((line) =>
    line.note === 'operation' && line.wrong !== undefined ? [`operation ${line.op} (${line.kind}): ${line.wrong}`] : [],
  );
}

/** Late is what came after its time, and what was given up waiting for. */
function answersComeInTime({ journal, answersWithinMs = Number.POSITIVE_INFINITY }: Evidence): string[] {
  const sentAt = new Map<string, number>();
  return journal.flatMap((line) => {
    if (line.note !== 'operation') return [];
    if (line.phase === 'sent') sentAt.set(line.requestId, line.t);
    const tookMs = line.t - (sentAt.get(line.requestId) ?? line.t);
    return tookMs > answersWithinMs
      ? [`operation ${line.op} (${line.kind}) was ${line.phase} after ${(tookMs / 1000).toFixed(1)} s`]
      : [];
  });
}

/** Who repeats an exchange in time keeps the session. */
function sessionsLast({ journal }: Evidence): string[] {
  return journal.flatMap((line) => (line.note === 'wrong' ? [line.text] : []));
}

function framesOf(journal: readonly JournalLine[], stream: FrameLine['stream'], canary: string): FrameLine[] {
  return journal.filter(
    (line): line is FrameLine => line.note === 'frame' && line.stream === stream && line.actor === canary,
  );
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
