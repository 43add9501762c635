// `npm run demo -- --url U --data-dir D`: plays the main job against a running instance. Exit code 1 when a step did not show what it should.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { playMainJob, StoryError } from '@slipway/e2e';

const HELP = `Plays the main job as a story against a running instance, step by step.

  npm run demo -- [--url U] [--data-dir D]

  --url U        where the gateway is; default: that of <data dir>/first-user.json
  --data-dir D   the instance's data; default: .slipway
  --help         this text
`;

function instanceUrl(dataDir: string): string {
  const file = join(dataDir, 'first-user.json');
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { url: string }).url;
  } catch {
    throw new StoryError(`There is no ${file}. Start an instance with npm start, or name one with --url.`);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      'data-dir': { type: 'string', default: '.slipway' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const url = values.url ?? instanceUrl(values['data-dir']);
  let step = 0;
  const tell = (line: string): void => void process.stdout.write(`${String(++step).padStart(2)}  ${line}\n`);
  process.stdout.write(`The main job against ${url}\n\n`);
  const began = Date.now();
  await playMainJob({ url, tell });
  process.stdout.write(
    `\nAll ${step} steps showed what they should, in ${((Date.now() - began) / 1000).toFixed(1)} s.\n`,
  );
}

main().catch((error: unknown) => {
  const fault = error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
  const refused = fault instanceof Error && (fault as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  const advice = refused
    ? ': no instance runs there. Start one with npm start, or name another with --data-dir or --url'
    : '';
  process.stderr.write(`\n${fault instanceof Error ? fault.message : String(fault)}${advice}\n`);
  process.exitCode = 1;
});
