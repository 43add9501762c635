// What workloads ask of a dialect's client: requests as values, and what its answers name. Another dialect is another object of this type.
export interface DialectRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AppRef {
  readonly id: string;
  readonly name: string;
}

export interface Dialect {
  readonly name: string;
  createApp(name: string, image: string): DialectRequest;
  setVariable(app: AppRef, name: string, value: string): DialectRequest;
  setImage(app: AppRef, image: string): DialectRequest;
  scale(app: AppRef, replicas: number): DialectRequest;
  restart(app: AppRef): DialectRequest;
  deleteApp(app: AppRef): DialectRequest;
  createKey(name: string): DialectRequest;
  revokeKey(id: string): DialectRequest;
  logIn(email: string, password: string): DialectRequest;
  /** A refresh token for its successor. */
  refresh(token: string): DialectRequest;
  /** The refresh token of an answer to one of these. */
  refreshTokenOf(body: unknown): string | undefined;
  getApp(app: AppRef): DialectRequest;
  listApps(): DialectRequest;
  /** The Apps of a list. */
  appsOf(body: unknown): AppRef[];
  /** Event streams that resume by Last-Event-ID. */
  followFeed(): DialectRequest;
  followLog(app: AppRef): DialectRequest;
  subscribe(name: string, url: string): DialectRequest;
  /** What is wrong with an answer of 400 and above, which must say why and, where it helps, when to come again. */
  wrongError(status: number, headers: Headers, text: string): string | undefined;
  /** The id of what was made. */
  idOf(body: unknown): string | undefined;
  /** The App's version, from the answer to `getApp`. */
  versionOf(headers: Headers): number | undefined;
}
