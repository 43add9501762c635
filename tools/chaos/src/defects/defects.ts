// Planted defects: each is the smallest change of compiled code that breaks one promise, and the row under which its check must fail. Slipway
// itself holds none of it: ./loader.ts puts it into the code as a process loads it. A change whose text is not found ends the process.
import type { Options } from '../options.js';

export interface Edit {
  /** Below the project, as compiled. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

export interface Defect {
  readonly title: string;
  readonly edits: readonly Edit[];
  readonly row: string;
  /** What must fail: a verdict or an invariant by its name, or a sentence that says so. */
  readonly turnsRed: string | RegExp;
  /** Options of the run; without one its row's. */
  readonly options?: Partial<Options>;
}

/** So long a transaction stays open, or half done, that a kill meets it. */
const WIDE_OPEN_MS = 300;
const LATER = `await new Promise((resolve) => setTimeout(resolve, ${WIDE_OPEN_MS}));`;
const TRANSACTIONS = 'libs/persistence/dist/transaction/transactions.js';
const RETRIES = 'apps/notifications/dist/delivery/retry-schedule.js';
const RELAY = 'libs/persistence/dist/outbox/outbox-relay.js';

export const defects: Readonly<Record<string, Defect>> = {
  D1: {
    title: 'acknowledges before the commit',
    row: 'F1',
    options: { targets: ['deployments', 'identity'] },
    turnsRed: 'lost',
    edits: [
      {
        file: TRANSACTIONS,
        find: `            await runner.commitTransaction();`,
        put: `            released = true;
            void (async () => { ${LATER} await runner.commitTransaction(); await runner.release(); this.relay.wake(); })();`,
      },
      {
        file: TRANSACTIONS,
        find: `        const runner =`,
        put: `        let released = false;\n        const runner =`,
      },
      {
        file: TRANSACTIONS,
        find: `            await runner.release();\n        }\n    }`,
        put: `            if (!released) await runner.release();\n        }\n    }`,
      },
    ],
  },
  D2: {
    title: 'keeps no inbox row',
    row: 'F1',
    turnsRed: 'duplicate',
    edits: [
      {
        file: 'libs/persistence/dist/inbox/inbox-row.js',
        find: `export async function claimOperations(manager, claims, outcome, answer = null) {`,
        put: `export async function claimOperations(manager, claims, outcome, answer = null) {
    return new Set(claims.map(({ envelope }) => envelope.operationId));`,
      },
    ],
  },
  D3: {
    title: 'the relay reads what follows the last row it sent, not what is unsent',
    row: 'F1',
    options: { targets: ['deployments', 'identity'], quietWithinS: 60 },
    turnsRed: 'I3',
    edits: [
      {
        file: RELAY,
        find: `const rows = await manager.query(\`select id, subject, envelope, payload from outbox where sent_at is null order by position limit $1 for update skip locked\`, [BATCH_SIZE]);`,
        put: `this.last ??= (await manager.query('select coalesce(max(position), 0) as last from outbox'))[0].last;
            const rows = await manager.query(\`select id, subject, envelope, payload, position from outbox where position > $2 order by position limit $1 for update skip locked\`, [BATCH_SIZE, this.last]);
            this.last = rows.at(-1)?.position ?? this.last;`,
      },
    ],
  },
  D4: {
    title: 'tells the status that was asked for, not the one that the cluster shows',
    row: 'F1',
    turnsRed: 'I4',
    edits: [
      {
        file: 'apps/deployments/dist/reconciler/observed-status.js',
        find: `    if (complete && unsteady.length === 0)`,
        put: `    if (wanted.replicas > 0)`,
      },
    ],
  },
  D5: {
    title: 'takes an older version of an App for the newest',
    row: 'F1',
    // What fails comes again later, after what is newer.
    options: { count: 0, rules: { logs: 'messaging.before-handler=error:EAGAIN@p0.2' } },
    turnsRed: 'I5',
    edits: [
      {
        file: 'apps/logs/dist/audience/record-audiences.js',
        find: `where app_audience.version < excluded.version`,
        put: ``,
      },
    ],
  },
  D6: {
    title: 'stores a change and its facts in two transactions',
    row: 'F1',
    options: { targets: ['deployments', 'identity'] },
    turnsRed: 'partial',
    edits: [
      { file: TRANSACTIONS, find: `            await outbox.flush(runner.manager);\n`, put: `` },
      {
        file: TRANSACTIONS,
        find: `            await failpoint('persistence.after-commit');`,
        put: `            ${LATER}
            await outbox.flush(this.dataSource.manager);`,
      },
    ],
  },
  D7: {
    title: 'lists Apps without asking who may see them',
    row: 'F1',
    turnsRed: 'I7',
    edits: [
      {
        file: 'apps/deployments/dist/app/app.queries.js',
        find: `            visible(actor, place),`,
        put: `            'true',`,
      },
    ],
  },
  D8: {
    title: 'keeps everything for a reader who takes nothing',
    row: 'P6',
    turnsRed: 'I8',
    edits: [
      {
        file: 'apps/gateway/dist/core/http-streams.js',
        find: `        if (this.readableLength > MAX_BUFFERED_BYTES) {`,
        put: `        if (this.readableLength < 0) {`,
      },
    ],
  },
  D9: {
    title: 'does not ask whether the caller still waits',
    row: 'F6',
    turnsRed: 'late',
    // Longer than the broker waits for a settlement: what one replica took and never settled, the other does then.
    options: { count: 1, seconds: 110, targets: ['deployments'] },
    edits: [
      {
        file: 'libs/persistence/dist/inbox/inbox.js',
        find: `    return deadline !== undefined && deadline < Date.now();`,
        put: `    return deadline === 0;`,
      },
      {
        file: 'libs/messaging/dist/transport/jetstream-transport.js',
        find: `        if (envelope.deadline !== undefined && envelope.deadline < Date.now())
            return { envelope, outcome`,
        put: `        if (envelope.deadline === 0)
            return { envelope, outcome`,
      },
    ],
  },
  D10: {
    title: 'tries a failing App again and again after the same short pause',
    row: 'F8',
    turnsRed: /tried (more than once a second|\d+ times, always after the same pause)/,
    edits: [
      {
        file: 'apps/deployments/dist/reconciler/pass-queue.js',
        find: `nextMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** entry.failures) * (1 - Math.random() / 5);`,
        put: `nextMs = 200;`,
      },
      {
        file: 'apps/deployments/dist/reconciler/pass-queue.js',
        find: `            entry.notBefore = performance.now() + FIRST_RETRY_MS;`,
        put: ``,
      },
    ],
  },
  D11: {
    title: 'asks no clock whether it still leads',
    row: 'F6',
    options: { count: 1, seconds: 110, targets: ['deployments'] },
    turnsRed: /wrote under its old lease/,
    edits: [
      {
        file: 'libs/cluster/dist/lease/elect-leader.js',
        find: `return Math.max(monotonicMs - this.heldSince.monotonicMs, wallMs - this.heldSince.wallMs) < this.safeMs();`,
        put: `return monotonicMs + wallMs > 0;`,
      },
    ],
  },
  D12: {
    title: 'tries a failed delivery again at once',
    row: 'F9',
    turnsRed: /having been answered as failing/,
    edits: [{ file: RETRIES, find: `    5 * SECOND_MS,`, put: `    1 * SECOND_MS,` }],
  },
  D13: {
    title: 'does not wait as long as a receiver asks for',
    row: 'F9',
    turnsRed: /having been answered as limiting/,
    edits: [
      {
        file: RETRIES,
        find: `Math.max(jittered, Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS))`,
        put: `jittered`,
      },
    ],
  },
  D14: {
    title: 'goes on sending to who is gone',
    row: 'F9',
    turnsRed: /was answered with 410 and is still active/,
    edits: [
      {
        file: 'apps/notifications/dist/delivery/give-up-endpoint.js',
        find: `const GONE = 410;`,
        put: `const GONE = 0;`,
      },
    ],
  },
  D15: {
    title: "sends a user's webhooks what happened to another's Apps",
    row: 'F1',
    options: { count: 0 },
    turnsRed: 'I7',
    edits: [
      {
        file: 'apps/notifications/dist/delivery/endpoints.js',
        find: `...ofUsers.filter(({ ownerId }) => ownerId === userId)`,
        put: `...ofUsers`,
      },
    ],
  },
  D16: {
    title: 'keeps a file open for every hundredth message',
    row: 'F1',
    options: { count: 0 },
    turnsRed: /^open files of \w+, \/dev\/null/,
    edits: [
      {
        file: 'libs/messaging/dist/transport/jetstream-transport.js',
        find: `            await failpoint('messaging.before-handler');`,
        put: `            if (Math.random() < 0.01) (await import('node:fs')).openSync('/dev/null');
            await failpoint('messaging.before-handler');`,
      },
    ],
  },
  D17: {
    title: 'keeps what every message said',
    row: 'F1',
    options: { count: 0 },
    turnsRed: /^MiB that/,
    edits: [
      {
        file: 'libs/messaging/dist/transport/jetstream-transport.js',
        find: `            await failpoint('messaging.before-handler');`,
        put: `            (globalThis.kept ??= []).push('x'.repeat(4096) + envelope.correlationId + Math.random());
            await failpoint('messaging.before-handler');`,
      },
    ],
  },
};

/** A poison whose handlers end their process, by its name, which is its correlation id too. */
export const KILLS = /whose handlers? kills?$/;

/** What a row needs planted to do its work: no defect, and nothing is to be found. */
export const aids: Readonly<Record<string, readonly Edit[]>> = {
  // Handlers that throw at a message or end their process with it, whenever they are given it.
  poison: [
    {
      file: 'libs/messaging/dist/transport/jetstream-transport.js',
      find: `            await failpoint('messaging.before-handler');`,
      put: `            if (${String(KILLS)}.test(envelope.correlationId)) process.kill(process.pid, 'SIGKILL');
            if (/handler throws/.test(envelope.correlationId)) throw new Error('a handler that always throws');
            await failpoint('messaging.before-handler');`,
    },
  ],
};
