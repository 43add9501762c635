import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { Login } from './parts/registry.js';

const run = promisify(execFile);

const SCRIPTS = fileURLToPath(new URL('../images/', import.meta.url));

/** What each image does is written in the script of its name, in `images/`. */
export const TEST_IMAGES = ['pause', 'web', 'crash', 'memory', 'slow', 'stubborn', 'task'] as const;

/** The repository of a test image below its registry. */
export function repositoryOf(image: (typeof TEST_IMAGES)[number], tag = '1'): string {
  return `slipway/${image}:${tag}`;
}

/**
 * Builds the test images from a static busybox and our scripts, and pushes them to a registry. `web` is pushed as `web:2` too.
 * @param work a folder for what is in between
 */
export async function pushTestImages(work: string, registry: string, login?: Login): Promise<void> {
  await Promise.all(
    TEST_IMAGES.flatMap((image) => (image === 'web' ? [`${image}:1`, `${image}:2`] : [`${image}:1`])).map(
      async (name) => {
        const [image = '', tag = ''] = name.split(':');
        await run('skopeo', [
          '--insecure-policy',
          'copy',
          '--quiet',
          '--dest-tls-verify=false',
          ...(login ? [`--dest-creds=${login.username}:${login.password}`] : []),
          `docker-archive:${join(work, `${image}-${tag}.tar`)}`,
          `docker://${registry}/slipway/${name}`,
        ]);
      },
    ),
  );
}

/** Writes one docker-archive per image into `work`: a layer that all of them share, a configuration, a manifest. */
export async function buildTestImages(work: string): Promise<void> {
  const root = join(work, 'root');
  mkdirSync(join(root, 'bin'), { recursive: true });
  mkdirSync(join(root, 'tmp'));
  chmodSync(join(root, 'tmp'), 0o1777);
  // Of the Debian package busybox-static.
  copyFileSync('/bin/busybox', join(root, 'bin', 'busybox'));
  const { stdout: applets } = await run('/bin/busybox', ['--list']);
  for (const applet of applets.split('\n').filter((name) => name !== '' && name !== 'busybox')) {
    symlinkSync('busybox', join(root, 'bin', applet));
  }
  for (const image of TEST_IMAGES) copyFileSync(join(SCRIPTS, image), join(root, image));
  const layer = join(work, 'layer.tar');
  await run('tar', [
    '--create',
    '--file',
    layer,
    '--sort=name',
    '--owner=0',
    '--group=0',
    '--mtime=@0',
    '-C',
    root,
    '.',
  ]);
  const digest = createHash('sha256').update(readFileSync(layer)).digest('hex');

  for (const image of TEST_IMAGES) {
    for (const tag of image === 'web' ? ['1', '2'] : ['1']) {
      const name = `${image}-${tag}`;
      const config = {
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        os: 'linux',
        config: { Entrypoint: [`/${image}`], Env: ['PATH=/bin', `VERSION=${tag}`] },
        rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
      };
      const archive = join(work, name);
      mkdirSync(archive);
      writeFileSync(join(archive, 'config.json'), JSON.stringify(config));
      copyFileSync(layer, join(archive, 'layer.tar'));
      writeFileSync(join(archive, 'manifest.json'), JSON.stringify([{ Config: 'config.json', Layers: ['layer.tar'] }]));
      await run('tar', ['--create', '--file', `${archive}.tar`, '-C', archive, '.']);
    }
  }
}
