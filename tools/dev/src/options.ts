/** What the launcher (`start.mjs`, `stop.mjs`) read from the command line, checked and with absolute paths. */
export interface DevOptions {
  command: 'start' | 'stop' | 'reset';
  /** The folder of package.json. */
  root: string;
  port: number;
  dataDir: string;
  kubeconfig?: string;
  context?: string;
  /** One operating-system process per app instead of one for all. */
  processes: boolean;
}
