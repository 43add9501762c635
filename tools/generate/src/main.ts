// `npm run gen` writes every generated file; with --check it only compares, and tells what is out of date.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { services } from '@slipway/dev';
import { dialectRoutes } from '@slipway/gateway';

import { configurationTable } from './configuration-table.js';
import { decisionIndex } from './decision-index.js';
import { endpointTable } from './endpoint-table.js';
import { withGeneratedBlock } from './generated-block.js';
import { messageTable } from './message-table.js';
import { schemaSnapshots, type Files } from './schemas.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const SNAPSHOTS = 'libs/contracts/snapshots';
const DECISIONS = 'docs/adr';
const DIALECTS = 'apps/gateway/src/dialects';

function read(path: string): string | null {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return null;
  }
}

function block(path: string, name: string, text: string): [string, string] {
  return [path, withGeneratedBlock(read(path) ?? '', name, text)];
}

function decisions(): Map<string, string> {
  const files = readdirSync(join(root, DECISIONS)).filter((file) => /^\d{4}-.+\.md$/.test(file));
  return new Map(files.map((file) => [file, read(`${DECISIONS}/${file}`) ?? '']));
}

function generate(): Files {
  return new Map([
    ...schemaSnapshots(),
    block('README.md', 'configuration', configurationTable(services)),
    block('docs/messages.md', 'messages', messageTable()),
    block('docs/adr/README.md', 'decisions', decisionIndex(decisions())),
    ...[...dialectRoutes].map(([dialect, routes]) =>
      block(`${DIALECTS}/${dialect}/README.md`, 'endpoints', endpointTable(routes)),
    ),
  ]);
}

function stale(files: Files): string[] {
  const orphans = readdirSync(join(root, SNAPSHOTS))
    .map((file) => `${SNAPSHOTS}/${file}`)
    .filter((path) => !files.has(path));
  return [...[...files].filter(([path, text]) => read(path) !== text).map(([path]) => path), ...orphans];
}

mkdirSync(join(root, SNAPSHOTS), { recursive: true });
const files = generate();
const changed = stale(files);
if (process.argv.includes('--check')) {
  for (const path of changed) process.stderr.write(`${path} is out of date: run npm run gen and commit it\n`);
  process.exitCode = changed.length > 0 ? 1 : 0;
} else {
  for (const path of changed) {
    const text = files.get(path);
    if (text === undefined) {
      rmSync(join(root, path));
      continue;
    }
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  process.stdout.write(changed.length > 0 ? `written: ${changed.join(', ')}\n` : 'everything is up to date\n');
}
