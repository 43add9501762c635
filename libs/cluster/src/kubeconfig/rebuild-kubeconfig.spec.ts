import childProcess from 'node:child_process';
import dns from 'node:dns';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { RefusalCode } from './clean-connection.js';
import { listContexts } from './list-contexts.js';
import { rebuildKubeconfig } from './rebuild-kubeconfig.js';

const PEM = Buffer.from('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n').toString('base64');
const GOOD_CLUSTER = `{server: "https://quay.example.com:6443", certificate-authority-data: ${PEM}}`;
const GOOD_USER = '{token: secret-token}';

/** A file with the context "harbour", whose cluster and user are given, and beside it the usable context "spare". */
function kubeconfig({ cluster = GOOD_CLUSTER, user = GOOD_USER, more = '' } = {}): string {
  return [
    'apiVersion: v1',
    'kind: Config',
    'current-context: harbour',
    'clusters:',
    `- {name: quay, cluster: ${cluster}}`,
    `- {name: spare, cluster: ${GOOD_CLUSTER}}`,
    'users:',
    `- {name: ada, user: ${user}}`,
    `- {name: spare, user: ${GOOD_USER}}`,
    'contexts:',
    '- {name: harbour, context: {cluster: quay, user: ada, namespace: docks}}',
    '- {name: spare, context: {cluster: spare, user: spare}}',
    more,
  ].join('\n');
}

const server = (url: string): string => kubeconfig({ cluster: JSON.stringify({ server: url }) });
const user = (fields: string): string => kubeconfig({ user: `{${fields}}` });
const cluster = (fields: string): string => kubeconfig({ cluster: `{server: "https://quay.example.com", ${fields}}` });

function aliasBomb(): string {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const below = level === 0 ? '"lol"' : `*a${level - 1}`;
    return `a${level}: &a${level} [${Array.from({ length: 9 }, () => below).join(', ')}]`;
  });
  return kubeconfig({ more: levels.join('\n') });
}

/** Refused for one context; its neighbour stays usable. */
const HOSTILE_CONTEXTS: readonly [name: string, text: string, code: RefusalCode][] = [
  [
    'a program to run',
    user('exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, args: [-c, "touch /tmp/owned"]}'),
    'exec',
  ],
  ['a program beside a token', user('token: t, exec: {command: aws}'), 'exec'],
  ['an empty exec block', user('exec: {}'), 'exec'],
  ['an auth-provider', user('auth-provider: {name: gcp, config: {cmd-path: /bin/sh}}'), 'auth_provider'],
  [
    'an auth-provider that reads a file',
    user('auth-provider: {name: tokenFile, config: {tokenFile: /etc/shadow}}'),
    'auth_provider',
  ],
  ['a token file', user('tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token'), 'file_reference'],
  ['a token file beside a token', user('token: t, tokenFile: /etc/passwd'), 'file_reference'],
  [
    'client certificate files',
    user('client-certificate: /etc/ssl/a.pem, client-key: /root/.ssh/id_rsa'),
    'file_reference',
  ],
  [
    'a key file beside certificate data',
    user(`client-certificate-data: ${PEM}, client-key: /root/.ssh/id_rsa`),
    'file_reference',
  ],
  ['a certificate authority file', cluster('certificate-authority: /proc/self/environ'), 'file_reference'],
  ['a certificate authority file climbing up', cluster('certificate-authority: ../../../etc/passwd'), 'file_reference'],
  ['a proxy', cluster('proxy-url: "http://169.254.169.254"'), 'proxy'],
  ['a socks proxy', cluster('proxy-url: "socks5://127.0.0.1:1080"'), 'proxy'],
  ['an impersonated user', user('token: t, as: system:admin'), 'impersonation'],
  ['an impersonated uid', user('token: t, as-uid: "0"'), 'impersonation'],
  ['impersonated groups', user('token: t, as-groups: [system:masters]'), 'impersonation'],
  ['impersonated extras', user('token: t, as-user-extra: {scopes: [all]}'), 'impersonation'],
  ['basic auth', user('username: ada, password: secret'), 'basic_auth'],
  ['user info in the server', server('https://ada:secret@quay.example.com'), 'user_info'],
  ['empty user info in the server', server('https://@quay.example.com'), 'user_info'],
  ['a host hidden behind user info', server('https://quay.example.com:443@169.254.169.254/'), 'user_info'],
  ['http', server('http://quay.example.com'), 'plain_http'],
  ['a file URL', server('file:///etc/passwd'), 'bad_server'],
  ['a unix socket', server('unix:///var/run/docker.sock'), 'bad_server'],
  ['no URL', server('quay.example.com:6443'), 'bad_server'],
  ['a backslash in the server', server('https://quay.example.com\\@evil.example.com'), 'bad_server'],
  ['a line break in the server', server('https://quay.example.com/\r\nHost: evil'), 'bad_server'],
  ['a query in the server', server('https://quay.example.com/?a=b'), 'bad_server'],
  ['an unchecked certificate', cluster('insecure-skip-tls-verify: true'), 'skip_tls_verify'],
  ['an unchecked certificate, as text', cluster('insecure-skip-tls-verify: "true"'), 'skip_tls_verify'],
  ['a server name with a line break', cluster('tls-server-name: "a\\r\\nb"'), 'bad_server'],
  ['a token with a line break', user('token: "t\\r\\nImpersonate-User: admin"'), 'bad_credentials'],
  [
    'certificates that are none',
    user('client-certificate-data: aGVsbG8=, client-key-data: aGVsbG8='),
    'bad_credentials',
  ],
];

/** Refused as a whole: nothing in such a file can be believed. */
const HOSTILE_FILES: readonly [name: string, text: string, words: RegExp][] = [
  ['an alias bomb', aliasBomb(), /alias/],
  [
    'a hundred and one aliases',
    kubeconfig({ more: `x: &x 1\ny: [${Array(101).fill('*x').join(',')}]` }),
    /100 aliases/,
  ],
  ['half a megabyte and more', kubeconfig({ more: `# ${'x'.repeat(512 * 1024)}` }), /512 KiB/],
  ['half a megabyte of brackets', '['.repeat(500_000), /32 levels/],
  [
    'a block list as deep as the file',
    Array.from({ length: 500 }, (_, depth) => `${' '.repeat(depth)}-`).join('\n'),
    /32 levels/,
  ],
  ['a function tag', kubeconfig({ more: 'x: !!js/function "function () { return 1 }"' }), /tag/],
  ['a tag of its own', kubeconfig({ more: 'x: !include /etc/passwd' }), /tag/],
  ['a standard tag', kubeconfig({ more: 'x: !!binary aGVsbG8=' }), /tag/],
  ['a repeated key', kubeconfig({ more: 'current-context: spare' }), /repeats the key "current-context"/],
  ['a repeated key inside a user', user('token: a, token: b'), /repeats the key "token"/],
  ['a mapping as key', kubeconfig({ more: '? {a: b}\n: c' }), /key that is not plain text/],
  ['two documents', `${kubeconfig()}\n---\n${kubeconfig()}`, /more than one document/],
  ['another kind', kubeconfig().replace('kind: Config', 'kind: Secret'), /kind "Secret"/],
  ['two contexts of one name', kubeconfig().replace('name: spare, context', 'name: harbour, context'), /there twice/],
  ['a context of an absent user', kubeconfig().replace('user: ada', 'user: eve'), /user "eve" that is not there/],
  [
    'a current-context that is not there',
    kubeconfig().replace('current-context: harbour', 'current-context: x'),
    /current-context/,
  ],
  ['a name that is a number', kubeconfig().replace('{name: ada,', '{name: 7,'), /not text/],
  ['a prototype as name list', kubeconfig({ more: '__proto__: {users: []}' }).replace('users:', 'usrs:'), /not there/],
  ['a namespace that is a path', kubeconfig().replace('namespace: docks', 'namespace: ../kube-system'), /DNS label/],
  ['base64 that is none', user('client-certificate-data: "***", client-key-data: "***"'), /base64/],
  ['a token together with basic auth', user('token: t, username: ada, password: p'), /both a token/],
  ['a certificate without its key', user(`client-certificate-data: ${PEM}`), /without its key/],
  ['plain text', 'rm -rf /', /not a mapping/],
  ['nothing', '', /empty/],
];

// What a hostile file could reach if any code on the way honoured it.
const TRAPS = [
  [childProcess, ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork']],
  [fs, ['readFile', 'readFileSync', 'open', 'openSync', 'createReadStream', 'accessSync', 'existsSync', 'statSync']],
  [fs.promises, ['readFile', 'open', 'access', 'stat']],
  [dns, ['lookup', 'resolve']],
  [net, ['connect', 'createConnection']],
] as const;

describe('rebuildKubeconfig', () => {
  const sprung: string[] = [];
  const undo: (() => void)[] = [];

  beforeAll(() => {
    for (const [module, names] of TRAPS) {
      const functions = module as unknown as Record<string, (...args: unknown[]) => unknown>;
      for (const name of names) {
        const original = functions[name];
        functions[name] = (...args) => {
          sprung.push(`${name}(${String(args[0])})`);
          return original?.(...args);
        };
        undo.push(() => Object.assign(functions, { [name]: original }));
      }
    }
    syncBuiltinESMExports();
  });
  beforeEach(() => sprung.splice(0));
  afterAll(() => {
    undo.forEach((step) => step());
    syncBuiltinESMExports();
  });

  it('has traps that see what a careless client does with such a file', async () => {
    const { KubeConfig } = await import('@kubernetes/client-node');
    sprung.splice(0);
    const careless = new KubeConfig();
    careless.loadFromString(user('exec: {apiVersion: client.authentication.k8s.io/v1, command: "true"}'));
    await careless.applyToHTTPSOptions({}).catch(() => undefined);
    careless.loadFromString(cluster('certificate-authority: /proc/self/environ'));
    await careless.applyToHTTPSOptions({}).catch(() => undefined);
    expect(sprung).toContain('spawn(true)');
    expect(sprung).toContain('readFileSync(/proc/self/environ)');
  });

  it.each(HOSTILE_CONTEXTS)('S9 refuses %s, and only that context', (_name, text, code) => {
    expect(rebuildKubeconfig(text)).toEqual({ code, refused: expect.stringMatching(/.{10}/) });
    expect(rebuildKubeconfig(text, 'spare')).toMatchObject({ token: 'secret-token' });
    expect(listContexts(text).map(({ name, allowed }) => [name, allowed === true ? 'allowed' : allowed.code])).toEqual([
      ['harbour', code],
      ['spare', 'allowed'],
    ]);
    expect(sprung).toEqual([]);
  });

  it.each(HOSTILE_FILES)('S9 refuses a file with %s', (_name, text, words) => {
    expect(rebuildKubeconfig(text, 'spare')).toEqual({ code: 'invalid_file', refused: expect.stringMatching(words) });
    expect(() => listContexts(text)).toThrow(words);
    expect(sprung).toEqual([]);
  });

  it('S9 judges sixty thousand keys without stopping the process for long', () => {
    const keys = Array.from({ length: 60_000 }, (_, key) => `k${key.toString(36)}:`).join('\n');
    const before = process.cpuUsage();
    rebuildKubeconfig(kubeconfig({ more: keys }));
    // Of the processor, not of the clock: other processes may want it too.
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(2_000);
  });

  it('keeps of a usable context what the allow-list names, and nothing else', () => {
    const text = kubeconfig({
      cluster: `{server: "https://quay.example.com:6443/k8s/", certificate-authority-data: ${PEM}, tls-server-name: kubernetes, extensions: [{name: x}]}`,
      user: `{client-certificate-data: ${PEM}, client-key-data: ${PEM}, client-key: /ignored, note: kept by nobody}`,
    });
    expect(rebuildKubeconfig(text)).toEqual({
      context: 'harbour',
      server: 'https://quay.example.com:6443/k8s',
      tlsServerName: 'kubernetes',
      certificateAuthority: Buffer.from(PEM, 'base64').toString(),
      namespace: 'docks',
      clientCertificate: Buffer.from(PEM, 'base64').toString(),
      clientKey: Buffer.from(PEM, 'base64').toString(),
    });
  });

  it('takes http and an unchecked certificate where the policy allows them', () => {
    expect(rebuildKubeconfig(server('http://quay.example.com'), undefined, { allowPlainHttp: true })).toMatchObject({
      server: 'http://quay.example.com',
    });
    expect(
      rebuildKubeconfig(cluster('insecure-skip-tls-verify: true'), undefined, { allowSkipTlsVerify: true }),
    ).toMatchObject({ skipTlsVerify: true });
  });

  it('takes the only context when none is current, and asks for a name among several', () => {
    const without = kubeconfig().replace('current-context: harbour', 'current-context: ""');
    expect(rebuildKubeconfig(without)).toMatchObject({ code: 'no_such_context' });
    expect(rebuildKubeconfig(without, 'harbour')).toMatchObject({ context: 'harbour' });
    expect(rebuildKubeconfig(without.replace(/^- \{name: spare, context.*$/m, ''))).toMatchObject({
      context: 'harbour',
    });
    expect(rebuildKubeconfig(kubeconfig(), 'nowhere')).toMatchObject({ code: 'no_such_context' });
  });

  it('reads JSON as well', () => {
    const json = JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://c.example.com' } }],
      users: [{ name: 'u' }],
      contexts: [{ name: 'arn:aws:eks:eu-west-1:1:cluster/dock', context: { cluster: 'c', user: 'u' } }],
    });
    expect(listContexts(json)).toEqual([
      {
        name: 'arn:aws:eks:eu-west-1:1:cluster/dock',
        server: 'https://c.example.com',
        cluster: 'c',
        user: 'u',
        namespace: undefined,
        position: 0,
        allowed: true,
      },
    ]);
  });
});
