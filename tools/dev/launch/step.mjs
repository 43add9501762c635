import { spawn } from 'node:child_process';

/**
 * Runs a program with its output hidden, and shows `title` with the seconds that it takes. When it fails, its last lines are shown.
 * @param {string} title @param {string} program @param {string[]} args @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<void>}
 */
export async function step(title, program, args, options) {
  const started = Date.now();
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  const terminal = process.stderr.isTTY;
  const show = () => process.stderr.write(terminal ? `\r  ${title} … ${seconds()} ` : '.');
  if (!terminal) process.stderr.write(`  ${title} `);
  const clock = setInterval(show, terminal ? 1000 : 5000);
  if (terminal) show();

  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (/** @type {Buffer} */ chunk) => {
    output = (output + chunk.toString()).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      resolve(1);
    });
    child.once('close', resolve);
  });
  clearInterval(clock);
  if (code === 0) {
    process.stderr.write(terminal ? `\r  ${title}: ${seconds()}   \n` : ` ${seconds()}\n`);
    return;
  }
  process.stderr.write(`\n${output.trim().split('\n').slice(-25).join('\n')}\n`);
  throw new Error(`"${[program, ...args].join(' ')}" failed in ${options.cwd}; its last words are above`);
}
