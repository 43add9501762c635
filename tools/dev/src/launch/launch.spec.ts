import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

// The launcher is plain JavaScript, run as a user runs it.
const launcher = fileURLToPath(new URL('../../', import.meta.url));
const node = (args: string[], env: NodeJS.ProcessEnv = process.env) =>
  spawnSync(process.execPath, args, { encoding: 'utf8', env, input: '' });
const evaluate = (code: string): unknown => {
  const { stdout, stderr } = node([
    '--input-type=module',
    '-e',
    `${code}\nconsole.log(JSON.stringify(await answer()))`,
  ]);
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout);
};
const withModule = (file: string, names: string, body: string): unknown =>
  evaluate(
    `import { ${names} } from ${JSON.stringify(`file://${launcher}launch/${file}`)}; const answer = async () => (${body});`,
  );

describe('npm start, before anything is installed', () => {
  it('says everything that the machine lacks at once, and stops', () => {
    const { status, stderr } = node([join(launcher, 'start.mjs')], { PATH: '/nonexistent', HOME: '/nonexistent' });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /did not find, on this machine:\n {2}- npm.*\n {2}- git.*\n {2}- pip .*or Go or a nats-server/,
    );
  });

  it.each([
    ['linux', 'x64', '18.20.0', 'Node 20 or newer'],
    ['linux', 'arm64', '22.0.0', 'Node 24 or newer'],
    ['darwin', 'arm64', '20.0.0', 'Node 24 or newer'],
  ])('on %s %s refuses Node %s', (platform, arch, nodeVersion, expected) => {
    const machine = JSON.stringify({ platform, arch, nodeVersion });
    expect(withModule('prerequisites.mjs', 'missingPrerequisites', `missingPrerequisites(${machine})`)).toEqual([
      expect.stringContaining(expected),
    ]);
  });

  it('is content with Node 20 on Linux x64', () => {
    const machine = JSON.stringify({ platform: 'linux', arch: 'x64', nodeVersion: '20.0.0' });
    expect(withModule('prerequisites.mjs', 'missingPrerequisites', `missingPrerequisites(${machine})`)).toEqual([]);
  });
});

describe('what npm start runs', () => {
  const dockerfile = readFileSync(new URL('../../../../deploy/Dockerfile', import.meta.url), 'utf8');
  /** What the expression is in the process that npm start runs. */
  const found = (expression: string, env: Record<string, string> = {}): string => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-launched-'));
    const main = join(folder, 'main.mjs');
    writeFileSync(main, `console.log(${expression});`);
    const root = fileURLToPath(new URL('../../../../', import.meta.url));
    const run = `import { runMain } from ${JSON.stringify(`file://${launcher}launch/run-main.mjs`)};
      process.exit(await runMain(${JSON.stringify(root)}, ${JSON.stringify(relative(root, main))}, {}));`;
    const { UV_THREADPOOL_SIZE: _, ...inherited } = process.env;
    const { stdout, stderr } = node(['--input-type=module', '-e', run], { ...inherited, ...env });
    rmSync(folder, { recursive: true });
    if (!stdout) throw new Error(stderr);
    return stdout.trim();
  };

  it('has thirty-two threads for look-ups and hashes, as an image has, unless told otherwise', () => {
    const threads = 'process.env.UV_THREADPOOL_SIZE';
    expect(/UV_THREADPOOL_SIZE=(\d+)/.exec(dockerfile)?.[1]).toBe('32');
    expect([found(threads), found(threads, { UV_THREADPOOL_SIZE: '8' })]).toEqual(['32', '8']);
  });

  it('has a young generation that is collected in short pauses, as an image has', () => {
    const option = /NODE_OPTIONS=(--max-semi-space-size=\d+)/.exec(dockerfile)?.[1];
    expect(option).toBe('--max-semi-space-size=8');
    expect(found('process.execArgv[0]')).toBe(option);
  });
});

describe('the command line', () => {
  const readWith = (env: Record<string, string>, ...args: string[]): unknown =>
    withModule(
      'options.mjs',
      'readOptions',
      `readOptions(${JSON.stringify(args)}, '/root-of-repo', ${JSON.stringify({ INIT_CWD: '/here', ...env })})`,
    );
  const read = (...args: string[]): unknown => readWith({}, ...args);

  it('has defaults', () => {
    expect(read()).toEqual({
      port: 3000,
      dataDir: '/root-of-repo/.slipway',
      processes: false,
      yes: false,
      help: false,
    });
  });

  it('takes paths from the folder in which the user typed them', () => {
    expect(read('--port', '4000', '--data-dir', '/d', '--kubeconfig', '/k', '--context', 'c')).toMatchObject({
      port: 4000,
      dataDir: '/d',
      kubeconfig: '/k',
      context: 'c',
    });
  });

  it('takes what it does not say from the environment', () => {
    const env = { PORT: '4000', KUBECONFIG_PATH: 'k', KUBECONFIG_CONTEXT: 'c' };
    expect(readWith(env)).toMatchObject({ port: 4000, kubeconfig: '/here/k', context: 'c' });
    const said = ['--port', '5000', '--kubeconfig', '/l', '--context', 'd'];
    expect(readWith(env, ...said)).toMatchObject({ port: 5000, kubeconfig: '/l', context: 'd' });
    expect(readWith({ PORT: '', KUBECONFIG_PATH: ' ', KUBECONFIG_CONTEXT: '' })).toEqual(read());
    expect(() => readWith({ PORT: '0' })).toThrow('--port (or PORT) has to be a number from 1 to 65535, but is 0');
    expect(() => readWith({ KUBECONFIG_CONTEXT: 'c' })).toThrow('KUBECONFIG_CONTEXT) names a context of a kubeconfig');
  });

  it.each([
    [['--port', 'x'], '--port (or PORT) has to be a number from 1 to 65535, but is x'],
    [['--context', 'c'], 'give --kubeconfig too'],
    [['--prot', '1'], "Unknown option '--prot'"],
    [['3001'], 'Options go behind a "--" of their own'],
  ])('refuses %s', (args, text) => {
    const { status, stderr } = node([join(launcher, 'start.mjs'), ...args]);
    expect(status).toBe(1);
    expect(stderr).toContain(text);
  });

  it('shows its help', () => {
    expect(node([join(launcher, 'start.mjs'), '--help']).stdout).toContain('--data-dir D');
  });
});

describe('whether the npm packages are installed', () => {
  const lock = (packages: object): string => JSON.stringify({ packages });
  const check = (wanted: object, found: object | undefined): unknown => {
    const root = mkdtempSync(join(tmpdir(), 'installed-'));
    try {
      writeFileSync(join(root, 'package-lock.json'), lock(wanted));
      mkdirSync(join(root, 'node_modules'));
      if (found) writeFileSync(join(root, 'node_modules', '.package-lock.json'), lock(found));
      return withModule('install.mjs', 'isInstalled', `isInstalled(${JSON.stringify(root)})`);
    } finally {
      rmSync(root, { recursive: true });
    }
  };
  const one = { 'node_modules/a': { version: '1.0.0', integrity: 'x' } };

  it('is so when every package has its version', () => {
    expect(check({ '': {}, ...one }, one)).toBe(true);
  });

  it('is so without an optional package of another platform', () => {
    expect(check({ ...one, 'node_modules/win': { version: '1.0.0', optional: true } }, one)).toBe(true);
  });

  it('is not so after an interrupted installation, a changed version or an added package', () => {
    expect(check(one, undefined)).toBe(false);
    expect(check({ 'node_modules/a': { version: '1.0.1', integrity: 'y' } }, one)).toBe(false);
    expect(check({ ...one, 'node_modules/b': { version: '1.0.0' } }, one)).toBe(false);
  });
});

describe('npm run demo', () => {
  it('says that nothing is installed yet', () => {
    const folder = mkdtempSync(join(tmpdir(), 'demo-'));
    try {
      cpSync(join(launcher, 'launch'), join(folder, 'tools/dev/launch'), { recursive: true });
      cpSync(join(launcher, 'command.mjs'), join(folder, 'tools/dev/command.mjs'));
      const { status, stderr } = node([join(folder, 'tools/dev/command.mjs'), 'demo']);
      expect(stderr).toBe('Nothing is installed yet. Start Slipway first: npm start\n');
      expect(status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('npm run reset', () => {
  it('removes nothing when nobody says yes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'reset-'));
    try {
      cpSync(join(launcher, 'launch'), join(folder, 'tools/dev/launch'), { recursive: true });
      cpSync(join(launcher, 'stop.mjs'), join(folder, 'tools/dev/stop.mjs'));
      mkdirSync(join(folder, 'tools/dev/dist'), { recursive: true });
      writeFileSync(join(folder, 'tools/dev/dist/main.js'), '');
      mkdirSync(join(folder, '.slipway'));
      const { status, stdout } = node([join(folder, 'tools/dev/stop.mjs'), 'reset']);
      expect(stdout).toContain('Nothing was removed.');
      expect(status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
