import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const DEFAULT_PORT = 3000;
export const DEFAULT_DATA_DIR = '.slipway';

export const HELP = `npm start [-- options]         everything in one process, for a laptop or a small server
npm run start:processes        the same, one operating-system process per app
npm run stop                   ends a running instance
npm run reset                  ends it and removes its data, after asking (--yes: without)

  --port N          port of the HTTP API (default PORT, else ${DEFAULT_PORT})
  --data-dir D      folder for all data (default ${DEFAULT_DATA_DIR} beside package.json)
  --kubeconfig F    use the cluster of this file instead of the embedded one (default KUBECONFIG_PATH)
  --context C       the context in it (default KUBECONFIG_CONTEXT, else its current-context)
  --help            this text

Environment: DATABASE_URL and NATS_URL replace the embedded PostgreSQL and NATS, NATS_SERVER_BIN names a nats-server to run;
every other variable of the README's configuration table reaches the services that know it, except HOST (always 127.0.0.1) and the
keys and passwords that an instance makes for itself.`;

/**
 * Reads a command line, and what the environment has in place of an option; relative paths are meant from the folder in which the
 * user typed it. Throws one sentence when it is wrong.
 * @param {string[]} args
 * @param {string} root the folder of package.json
 */
export function readOptions(args, root, env = process.env) {
  const values = parse(args);
  // An empty variable counts as absent.
  const portText = values.port ?? (env.PORT?.trim() || String(DEFAULT_PORT));
  const kubeconfig = values.kubeconfig ?? (env.KUBECONFIG_PATH?.trim() || undefined);
  const context = values.context ?? (env.KUBECONFIG_CONTEXT?.trim() || undefined);
  const port = Number(portText);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`--port (or PORT) has to be a number from 1 to 65535, but is ${portText}`);
  }
  if (context !== undefined && kubeconfig === undefined) {
    throw new Error('--context (or KUBECONFIG_CONTEXT) names a context of a kubeconfig: give --kubeconfig too');
  }
  // npm changes to the folder of package.json and keeps the user's folder in INIT_CWD.
  const here = env.INIT_CWD ?? process.cwd();
  return {
    port,
    dataDir: values['data-dir'] === undefined ? resolve(root, DEFAULT_DATA_DIR) : resolve(here, values['data-dir']),
    ...(kubeconfig === undefined ? {} : { kubeconfig: resolve(here, kubeconfig) }),
    ...(context === undefined ? {} : { context }),
    processes: values.processes,
    yes: values.yes,
    help: values.help,
  };
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: 'string' },
        'data-dir': { type: 'string' },
        kubeconfig: { type: 'string' },
        context: { type: 'string' },
        processes: { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${reason}. Options go behind a "--" of their own: npm start -- --port 3001. All of them: npm start -- --help`,
      { cause: error },
    );
  }
}
