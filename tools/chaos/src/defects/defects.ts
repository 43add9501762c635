// Planted defects: each is the smallest change of compiled code that breaks one promise, and the row under which its check must fail. Slipway
// itself holds none of it: ./loader.ts puts it into the code as a process loads it. A change whose text is not found ends the process.
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
  /** What must be among the failures: a verdict or an invariant. One of them is enough. */
  readonly turnsRed: readonly string[];
  readonly count?: number;
  readonly seconds?: number;
}

/** So long a transaction stays open, or half done, that a kill meets it. */
const WIDE_OPEN_MS = 300;
const LATER = `await new Promise((resolve) => setTimeout(resolve, ${WIDE_OPEN_MS}));`;
const TRANSACTIONS = 'libs/persistence/dist/transaction/transactions.js';
const RELAY = 'libs/persistence/dist/outbox/outbox-relay.js';

export const defects: Readonly<Record<string, Defect>> = {
  D1: {
    title: 'acknowledges before the commit',
    row: 'F1',
    turnsRed: ['lost', 'partial'],
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
    turnsRed: ['duplicate'],
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
    turnsRed: ['partial', 'I3'],
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
    turnsRed: ['I4'],
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
    turnsRed: ['I5'],
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
    turnsRed: ['partial', 'lost'],
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
    turnsRed: ['I7'],
    edits: [
      {
        file: 'apps/deployments/dist/app/app.queries.js',
        find: `const wanted = this.select(reader).where(visibleTo(actor));`,
        put: `const wanted = this.select(reader).where('true');`,
      },
    ],
  },
};
