import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const DEFAULT_PORT = 3000;
export const DEFAULT_DATA_DIR = '.slipway';

export const HELP = `npm start [-- options]         everything in one process, for a laptop or a small server
npm run start:processes        the same, one operating-system process per app
npm run stop                   ends a running instance
npm run reset                  ends it and removes its data, after asking (--yes: without)

  --port N          port of the HTTP API (default ${DEFAULT_PORT})
  --data-dir D      folder for all data (default ${DEFAULT_DATA_DIR} beside package.json)
  --kubeconfig F    use the cluster of this file instead of the embedded one
  --context C       the context in it (default: its current-context)
  --help            this text

Environment: DATABASE_URL and NATS_URL replace the embedded PostgreSQL and NATS, NATS_SERVER_BIN names a nats-server to run;
every variable of the README's configuration table reaches the services that know it.`;

/**
 * Reads a command line; relative paths are meant from the folder in which the user typed it. Throws one sentence when it is wrong.
 * @param {string[]} args
 * @param {string} root the folder of package.json
 */
export function readOptions(args, root) {
  const values = parse(args);
  const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`--port has to be a number from 1 to 65535, but is ${values.port}`);
  }
  if (values.context !== undefined && values.kubeconfig === undefined) {
    throw new Error('--context names a context of a kubeconfig: give --kubeconfig too');
  }
  // npm changes to the folder of package.json and keeps the user's folder in INIT_CWD.
  const here = process.env.INIT_CWD ?? process.cwd();
  return {
    port,
    dataDir: values['data-dir'] === undefined ? resolve(root, DEFAULT_DATA_DIR) : resolve(here, values['data-dir']),
    ...(values.kubeconfig === undefined ? {} : { kubeconfig: resolve(here, values.kubeconfig) }),
    ...(values.context === undefined ? {} : { context: values.context }),
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
