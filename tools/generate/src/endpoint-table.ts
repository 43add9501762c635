import type { DeclaredRoute } from '@slipway/gateway';

/** One row per route, in the order of their controllers: who may use it, its status of success, what it asks of the core. */
export function endpointTable(routes: readonly DeclaredRoute[]): string {
  const rows = routes.map(({ method, path, access, status, asks }) => {
    const asked = asks.map((subject) => `\`${operationOf(subject)}\``).join(', ') || 'none';
    return `| \`${method} ${path}\` | ${access === 'public' ? '-' : 'yes'} | ${status} | ${asked} |`;
  });
  return ['| route | credential | ok | core |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** `qry.deployments.app.get.v1` is called `deployments.app.get` in documents. */
function operationOf(subject: string): string {
  return subject.split('.').slice(1, -1).join('.');
}
