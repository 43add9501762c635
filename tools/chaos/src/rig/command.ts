// A command of tools/dev that runs to its end, or to its failpoint: what is done once, before services start.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Command {
  /** Below tools/dev/dist/commands, such as `provision`. */
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
}

const folder = fileURLToPath(new URL('../../../dev/dist/commands/', import.meta.url));

/** @returns whether it came to the failpoint and was killed there. @throws Error when it did neither that nor its work */
export async function runToFailpoint({ name, env }: Command, rules: string | undefined): Promise<boolean> {
  const child = spawn(process.execPath, ['--conditions=slipway-failpoints', `${folder}${name}.js`], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env, ...(rules && { SLIPWAY_FAILPOINTS: rules }) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (rules !== undefined && code === null && said.includes('failpoint ')) return true;
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${said.slice(-500)}`);
  return false;
}
