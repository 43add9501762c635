import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Authority, type Certificate, createAuthority, createCertificate } from './certificates.js';

/** What makes a restarted cluster the same one to its clients. */
export interface ClusterIdentity {
  readonly authority: Authority;
  readonly server: Certificate & { readonly hosts: readonly string[] };
  readonly token: string;
  /** 0 as long as no port was ever used. */
  readonly port: number;
}

const fileName = 'embedded-cluster.json';

/** Reads the identity kept in the folder, or makes a new one; hosts that the kept certificate lacks get a new certificate. */
export async function loadIdentity(dataDir: string | undefined, hosts: readonly string[]): Promise<ClusterIdentity> {
  const kept = dataDir === undefined ? undefined : await readKept(join(dataDir, fileName));
  const authority = kept?.authority ?? (await createAuthority('slipway-embedded-cluster'));
  const server =
    kept && hosts.every((host) => kept.server.hosts.includes(host))
      ? kept.server
      : {
          ...(await createCertificate(authority, { subject: 'CN=kube-apiserver', hosts, usages: ['serverAuth'] })),
          hosts,
        };
  return { authority, server, token: kept?.token ?? randomBytes(32).toString('base64url'), port: kept?.port ?? 0 };
}

/** Written to a neighbour first and renamed, so that a crash leaves the old file or the new one. Only the owner can read it. */
export async function saveIdentity(dataDir: string, identity: ClusterIdentity): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const path = join(dataDir, fileName);
  await writeFile(`${path}.new`, JSON.stringify(identity, undefined, 2), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

async function readKept(path: string): Promise<ClusterIdentity | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as ClusterIdentity;
  } catch {
    throw new Error(`${path} holds no JSON; remove it, and the embedded cluster makes a new certificate and token`);
  }
}
