// Owns what of a kubeconfig is ever used. A kubeconfig is code: it names programs to run, files to read and proxies to pass.
// A connection is therefore built anew from the fields listed here; what is not listed cannot reach a client.
import type { CleanConnection, RefusalCode, Refused } from './clean-connection.js';
import {
  KubeconfigError,
  readKubeconfig,
  textOf,
  type Fields,
  type NamedContext,
  type ReadKubeconfig,
} from './read-kubeconfig.js';

export interface KubeconfigPolicy {
  /** Default false: a server whose certificate is not checked may be anybody. */
  readonly allowSkipTlsVerify?: boolean;
  /** Default false: over http the credentials travel in clear. */
  readonly allowPlainHttp?: boolean;
}

const INSTEAD = 'use a token or client certificate data instead';

/**
 * The connection of one context (default: the current one, or the only one). Checked again at each use, since the stored text
 * is what the user wrote. Opens no file, no connection, no process; never throws.
 */
export function rebuildKubeconfig(
  text: string,
  contextName?: string,
  policy: KubeconfigPolicy = {},
): CleanConnection | Refused {
  try {
    const file = readKubeconfig(text);
    const context = chooseContext(file, contextName);
    return 'refused' in context ? context : rebuildContext(file, context, policy);
  } catch (error) {
    if (error instanceof KubeconfigError) {
      return refuse('invalid_file', error.message);
    }
    throw error;
  }
}

export function chooseContext(file: ReadKubeconfig, contextName: string | undefined): NamedContext | Refused {
  const wanted =
    contextName ?? file.currentContext ?? (file.contexts.length === 1 ? file.contexts[0]?.name : undefined);
  if (wanted === undefined) {
    return refuse('no_such_context', 'the kubeconfig has no current-context: name one of its contexts');
  }
  const found = file.contexts.find((context) => context.name === wanted);
  return found ?? refuse('no_such_context', `the kubeconfig has no context "${wanted}"`);
}

export function rebuildContext(
  file: ReadKubeconfig,
  context: NamedContext,
  policy: KubeconfigPolicy,
): CleanConnection | Refused {
  const cluster = file.clusters.get(context.cluster) ?? {};
  const user = file.users.get(context.user) ?? {};
  const server = textOf(cluster, 'server', undefined) ?? '';
  const refused =
    refuseUser(user, `user "${context.user}"`) ??
    refuseCluster(cluster, `cluster "${context.cluster}"`, policy) ??
    refuseServer(server, policy);
  if (refused !== undefined) {
    return refused;
  }
  const token = textOf(user, 'token', undefined);
  const certificateAuthority = decode(cluster, 'certificate-authority-data');
  const clientCertificate = decode(user, 'client-certificate-data');
  const clientKey = decode(user, 'client-key-data');
  const tlsServerName = textOf(cluster, 'tls-server-name', undefined);
  if (token !== undefined && !/^[\x21-\x7e]{1,65536}$/.test(token)) {
    return refuse('bad_credentials', `user "${context.user}" has a token with characters that no token has`);
  }
  for (const [name, pem] of Object.entries({ certificateAuthority, clientCertificate, clientKey })) {
    if (pem !== undefined && !pem.includes('-----BEGIN ')) {
      return refuse('bad_credentials', `the ${WORDS[name] ?? name} is not in PEM form`);
    }
  }
  if (tlsServerName !== undefined && !/^[A-Za-z0-9]([A-Za-z0-9.-]{0,252})$/.test(tlsServerName)) {
    return refuse('bad_server', `cluster "${context.cluster}" has a tls-server-name that is no host name`);
  }
  return {
    context: context.name,
    server: server.replace(/\/+$/, ''),
    ...(tlsServerName !== undefined && { tlsServerName }),
    ...(certificateAuthority !== undefined && { certificateAuthority }),
    ...(isSet(cluster, 'insecure-skip-tls-verify') && { skipTlsVerify: true }),
    ...(context.namespace !== undefined && { namespace: context.namespace }),
    ...(token !== undefined && { token }),
    ...(clientCertificate !== undefined && { clientCertificate }),
    ...(clientKey !== undefined && { clientKey }),
  };
}

const WORDS: Readonly<Record<string, string>> = {
  certificateAuthority: 'certificate authority',
  clientCertificate: 'client certificate',
  clientKey: 'client key',
};

function refuseUser(user: Fields, entry: string): Refused | undefined {
  if (isSet(user, 'exec')) {
    return refuse('exec', `${entry} runs a program (exec), which Slipway never does: ${INSTEAD}`);
  }
  if (isSet(user, 'auth-provider')) {
    return refuse('auth_provider', `${entry} needs an auth-provider, which Slipway never calls: ${INSTEAD}`);
  }
  const impersonation = Object.keys(user).find((key) => /^as(-|$)/.test(key) && isSet(user, key));
  if (impersonation !== undefined) {
    return refuse('impersonation', `${entry} impersonates another user (${impersonation}), which Slipway never does`);
  }
  // kubectl lets data win over a certificate file, but a token file over a token.
  const file =
    (isSet(user, 'tokenFile') && 'tokenFile') ||
    (isSet(user, 'client-certificate') && !isSet(user, 'client-certificate-data') && 'client-certificate') ||
    (isSet(user, 'client-key') && !isSet(user, 'client-key-data') && 'client-key');
  if (file) {
    return refuse('file_reference', `${entry} names a file (${file}), which Slipway never opens: ${INSTEAD}`);
  }
  if (isSet(user, 'username') || isSet(user, 'password')) {
    return refuse('basic_auth', `${entry} has a user name and password, which no current cluster accepts: ${INSTEAD}`);
  }
  return undefined;
}

function refuseCluster(cluster: Fields, entry: string, policy: KubeconfigPolicy): Refused | undefined {
  if (isSet(cluster, 'proxy-url')) {
    return refuse('proxy', `${entry} needs a proxy (proxy-url), which Slipway never uses`);
  }
  if (isSet(cluster, 'certificate-authority') && !isSet(cluster, 'certificate-authority-data')) {
    return refuse(
      'file_reference',
      `${entry} names a file (certificate-authority), which Slipway never opens: use certificate-authority-data instead`,
    );
  }
  if (isSet(cluster, 'insecure-skip-tls-verify') && !policy.allowSkipTlsVerify) {
    return refuse('skip_tls_verify', `${entry} does not check the server's certificate (insecure-skip-tls-verify)`);
  }
  return undefined;
}

function refuseServer(server: string, policy: KubeconfigPolicy): Refused | undefined {
  // Looked for in the text, since the URL parser drops control characters, turns backslashes and forgets an empty user info.
  if (/[\s\\\p{Cc}]/u.test(server)) {
    return refuse('bad_server', 'the server has white space, control characters or backslashes');
  }
  if (!URL.canParse(server)) {
    return refuse('bad_server', 'the server is not a URL');
  }
  const url = new URL(server);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && policy.allowPlainHttp)) {
    return url.protocol === 'http:'
      ? refuse('plain_http', 'the server speaks http, which carries the credentials in clear: use https')
      : refuse('bad_server', 'the server is not an https URL');
  }
  if (server.includes('@')) {
    return refuse('user_info', 'the server has user info before its host');
  }
  if (url.hostname === '' || server.includes('?') || server.includes('#')) {
    return refuse('bad_server', 'the server has a query or fragment, or no host');
  }
  return undefined;
}

// A field counts as used unless it is absent or has one of the values that mean "not used" to kubectl.
function isSet(fields: Fields, key: string): boolean {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  return (
    value !== undefined &&
    value !== null &&
    value !== '' &&
    value !== false &&
    !(Array.isArray(value) && value.length === 0)
  );
}

function decode(fields: Fields, key: string): string | undefined {
  const value = textOf(fields, key, undefined);
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

function refuse(code: RefusalCode, refused: string): Refused {
  return { refused, code };
}
