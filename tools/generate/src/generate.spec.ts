import { operations } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { decisionIndex } from './decision-index.js';
import { endpointTable } from './endpoint-table.js';
import { withGeneratedBlock } from './generated-block.js';
import { messageTable } from './message-table.js';
import { schemaSnapshots } from './schemas.js';

describe('a generated block', () => {
  it('replaces what stands in it and nothing else', () => {
    const document = 'before\n<!-- generated:x -->\nold\n<!-- /generated -->\nafter\n';
    expect(withGeneratedBlock(document, 'x', 'new')).toBe(
      'before\n<!-- generated:x -->\nnew\n<!-- /generated -->\nafter\n',
    );
  });

  it('is missed loudly', () => {
    expect(() => withGeneratedBlock('no block', 'x', 'new')).toThrow('has no block');
  });
});

describe('the index of decisions', () => {
  it('lists number, title and status in order', () => {
    const records = new Map([
      ['0002-b.md', '# B\n\nStatus: superseded by 3\n'],
      ['0001-a.md', '# A\n\nStatus: accepted\n'],
    ]);
    expect(decisionIndex(records).split('\n').slice(2)).toEqual([
      '| [0001](0001-a.md) | A | accepted |',
      '| [0002](0002-b.md) | B | superseded by 3 |',
    ]);
  });

  it('refuses a record without a status', () => {
    expect(() => decisionIndex(new Map([['0001-a.md', '# A\n']]))).toThrow('0001-a.md needs');
  });
});

describe('messages', () => {
  it('have a row and a snapshot each', () => {
    expect(messageTable().split('\n')).toHaveLength(operations.length + 2);
    expect(schemaSnapshots().size).toBe(operations.length);
  });

  it('name who hears an event by a consumer, who as it passes, and that nobody does', () => {
    const others = (subject: string) =>
      messageTable()
        .split('\n')
        .find((row) => row.includes(`\`${subject}\``))
        ?.split(' | ')[2];
    expect(others('evt.identity.user.updated.v1')).toBe('heard by notifications |');
    expect(others('evt.identity.credential.revoked.v1')).toBe('heard by gateway as it passes |');
    expect(others('evt.identity.user.registered.v1')).toBe('heard by nobody yet |');
  });

  it('show sealed fields as such', () => {
    const snapshot = schemaSnapshots().get('libs/contracts/snapshots/cmd.identity.user.register.v1.schema.json');
    expect(JSON.parse(snapshot ?? '{}')).toMatchObject({ input: { properties: { password: { 'x-sealed': true } } } });
  });
});

describe('the table of endpoints', () => {
  it('has a row for each route: who may use it, its status, and what it asks of the core', () => {
    const get = { method: 'GET', path: '/v1/things/{id}', access: 'credential', status: 200 } as const;
    const routes = [
      { ...get, asks: ['qry.deployments.app.get.v1', 'qry.deployments.app.await.v2'] },
      { ...get, path: '/v1/all', access: 'stream', status: 101, asks: ['qry.logs.line.follow.v1'] } as const,
      { ...get, path: '/health', access: 'public', asks: [] } as const,
    ];
    expect(endpointTable(routes).split('\n')).toEqual([
      '| route | credential | ok | core |',
      '| --- | --- | --- | --- |',
      '| `GET /v1/things/{id}` | yes | 200 | `deployments.app.get`, `deployments.app.await` |',
      '| `GET /v1/all` | yes | 101 | `logs.line.follow` |',
      '| `GET /health` | - | 200 | none |',
    ]);
  });
});
