/**
 * One cluster and one way to prove who we are, rebuilt from the allow-list. Plain data without functions: it may cross the bus
 * (sealed, because token and key are secrets). Certificates and key are PEM text.
 */
export interface CleanConnection {
  readonly context: string;
  /** An https URL, with a path where the API server is behind one; http only where the policy allows it. */
  readonly server: string;
  /** The name that the server's certificate is checked against, where it is not the host of `server`. */
  readonly tlsServerName?: string;
  readonly certificateAuthority?: string;
  /** Only where the policy allows it: the server's certificate is not checked. */
  readonly skipTlsVerify?: boolean;
  readonly namespace?: string;
  readonly token?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
}

export type RefusalCode =
  | 'invalid_file'
  | 'no_such_context'
  | 'exec'
  | 'auth_provider'
  | 'file_reference'
  | 'proxy'
  | 'impersonation'
  | 'basic_auth'
  | 'user_info'
  | 'bad_server'
  | 'plain_http'
  | 'skip_tls_verify'
  | 'bad_credentials';

/** Why a context is never used. `refused` is a sentence for the person who owns the kubeconfig; it holds no secret. */
export interface Refused {
  readonly refused: string;
  readonly code: RefusalCode;
}

export function isRefused<T extends object>(value: T | Refused): value is Refused {
  return 'refused' in value;
}
