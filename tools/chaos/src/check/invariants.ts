// I1-I7 of the design, for what verdicts on single operations do not say. Pure: the journal and the world in, sentences about what is wrong out.
import type { FrameLine, JournalLine, PollLine } from '../driver/journal.js';
import type { AppAnswer, World, WorkloadObject } from '../observe/world.js';
import type { Operation } from './operations.js';

export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I7' | 'I8' | 'P5' | 'P7' | 'row';

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
  /** Reasons of dead letters that the row brings about itself. */
  readonly expectedLetters: readonly RegExp[];
}

type Check = (evidence: Evidence) => string[];

const checks: readonly (readonly [Invariant, Check])[] = [
  ['I1', newestImageStands],
  ['I1', clusterIsAsWanted],
  ['I2', oneAppPerName],
  ['I2', oneEntryPerFact],
  ['I2', oneDeliveryPerFact],
  ['I3', nothingUnsent],
  ['I3', lettersAreExplained],
  ['I4', statusIsTrue],
  ['I5', versionsNeverGoBack],
  ['I5', copiesAreNew],
  ['I7', nothingLeaks],
  ['I8', nothingIsKept],
  ['P5', feedIsWhole],
  ['P5', linesAreWhole],
  ['P7', errorsSayWhy],
];

export function violations(evidence: Evidence): Violation[] {
  return checks.flatMap(([invariant, check]) => check(evidence).map((text) => ({ invariant, text })));
}

/** In a list, and 404 when it is asked for by itself. */
const ABSENT = 'absent';

/** Of an App with one writer: what was acknowledged last, or something newer, which nobody knows the fate of. */
function newestImageStands({ operations, world }: Evidence): string[] {
  const newest = new Map<string, { acked: number; tags: Map<string, number> }>();
  for (const { workload, target, value, outcome } of operations) {
    if (workload !== 'register' || outcome === 'refused') continue;
    const of = newest.get(target) ?? { acked: -1, tags: new Map<string, number>() };
    newest.set(target, of);
    const order = of.tags.size;
    of.tags.set(value, order);
    if (outcome === 'acked') of.acked = order;
  }
  return world.answers.flatMap(({ name, image, revisions }) => {
    const of = newest.get(name);
    if (!of) return [];
    const orders = revisions.map((one) => of.tags.get(one) ?? -1);
    const wrong: string[] = [];
    if ((of.tags.get(image) ?? -1) < of.acked)
      wrong.push(`${name} has the image ${image}, older than one that was acknowledged`);
    if (orders.some((order, index) => index > 0 && order < (orders[index - 1] ?? 0)))
      wrong.push(`${name} got its images in another order than they were sent: ${revisions.join(' ')}`);
    return wrong;
  });
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

function oneDeliveryPerFact({ world }: Evidence): string[] {
  const wrong: string[] = [];
  const stored = new Map<string, number>();
  for (const { endpointId, eventId } of world.deliveries) {
    const key = `${endpointId} ${eventId}`;
    stored.set(key, (stored.get(key) ?? 0) + 1);
  }
  for (const [key, count] of stored) if (count > 1) wrong.push(`the delivery ${key} is stored ${count} times`);
  // One that was disabled meanwhile is told nothing more.
  for (const { id: endpointId, ownerId } of world.endpoints.filter(({ active }) => active)) {
    for (const { id, subject, appName } of world.events.filter(
      (event) => event.ownerId === ownerId && TOLD[event.subject],
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
  const arrived = new Set(world.received.map(({ webhookId }) => webhookId));
  for (const { eventId, type, status } of world.deliveries) {
    if (status === 'delivered' && !arrived.has(eventId))
      wrong.push(`the delivery ${eventId} (${type}) is called delivered and never arrived`);
  }
  const known = new Set(world.deliveries.map(({ eventId }) => eventId));
  for (const id of arrived) if (!known.has(id)) wrong.push(`the webhook ${id} arrived and belongs to no delivery`);
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
      .filter(({ canary }) => body.includes(`"${canary}-`) && path !== `/${canary}`)
      .map(({ canary }) => `a webhook of ${canary} arrived at ${path}`),
  );
  return [...told, ...listed, ...arrived];
}

/** By so much, or by a tenth, may be more held afterwards than before: pools that have been used, sockets that are about to close. */
const SPARE = { openFiles: 16, sessions: 10, connections: 8 };
/** A process that has worked is larger than one that has just begun; what waits for somebody who takes nothing is larger still. */
const GROWN_MIB = 256;

function nothingIsKept({ world }: Evidence): string[] {
  const { before, quiet, after } = world.resources;
  const wrong: string[] = [];
  const compare = (what: string, was: number, is: number, spare: number): void => {
    if (is > was * 1.1 + spare) wrong.push(`${what}: ${Math.round(is)} afterwards, ${Math.round(was)} before`);
  };
  compare('sessions of the database', before.databaseSessions, after.databaseSessions, SPARE.sessions);
  compare('connections to the cluster', before.clusterConnections, after.clusterConnections, SPARE.connections);
  compare('consumers of the broker', before.consumers, after.consumers, 0);
  for (const [name, { openFiles }] of Object.entries(after.replicas)) {
    const was = before.replicas[name];
    compare(`open files of ${name}`, was?.openFiles ?? 0, openFiles, SPARE.openFiles);
    compare(`MiB of memory of ${name}`, was?.residentMiB ?? 0, quiet.replicas[name]?.residentMiB ?? 0, GROWN_MIB);
  }
  return wrong;
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

function framesOf(journal: readonly JournalLine[], stream: FrameLine['stream'], canary: string): FrameLine[] {
  return journal.filter(
    (line): line is FrameLine => line.note === 'frame' && line.stream === stream && line.actor === canary,
  );
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
