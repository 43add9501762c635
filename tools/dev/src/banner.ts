import type { FirstUser } from './instance/first-user.js';

export interface BannerFacts {
  user: FirstUser;
  dataDir: string;
  logFile: string;
  /** What runs beside the services: database, broker, cluster. */
  parts: readonly string[];
  cluster: { simulated: true; kubeconfig: string } | { simulated: false; kubectl: string; ingressAnswers: boolean };
  processes: boolean;
  secondsToReady: number;
}

/** What `npm start` prints once everything is ready. */
export function banner(facts: BannerFacts): string {
  const { user, cluster } = facts;
  const { url } = user;
  const curl = (path: string, more = ''): string =>
    `curl -sS ${url}${path} -H 'Authorization: Bearer ${user.apiKey}'${more}`;
  const body = `{"app_name":"hello","image":"nginx:1.27","port":80}`;
  const sections = [
    table([
      ['API', `${url}/v1`],
      ['API documents', `${url}/docs`],
      ['Health', `${url}/health, ${url}/readyz, ${url}/metrics`],
    ]),
    table([
      ['First user', `${user.email}, password ${user.password}`],
      ['API key', user.apiKey],
      ['Both are in', `${facts.dataDir}/first-user.json`],
    ]),
    table([
      ['Runs', facts.processes ? 'one process per app' : 'all apps in this process'],
      ...facts.parts.map((part): [string, string] => ['', part]),
      ['Log', facts.logFile],
    ]),
    [
      '  Deploy something, watch it, read its logs, delete it:',
      '',
      `  id=$(${curl('/v1/deployments', ` -H 'Content-Type: application/json' -d '${body}'`)} | grep -o '"id":"[^"]*' | cut -c7-)`,
      `  ${curl('/v1/deployments/$id/status')}`,
      `  ${curl('/v1/deployments/$id/logs')}`,
      `  ${curl('/v1/deployments/$id', ' -X DELETE')}`,
    ].join('\n'),
    clusterLines(cluster),
    `  Ctrl-C stops everything; ready in ${facts.secondsToReady.toFixed(1)} s.`,
  ];
  return `\n${sections.join('\n\n')}\n`;
}

function clusterLines(cluster: BannerFacts['cluster']): string {
  if (cluster.simulated) {
    return [
      '  The embedded cluster only simulates containers, so no app answers on a port. With a real one: npm start -- --kubeconfig ~/.kube/config',
      `  To look into the embedded one: kubectl --kubeconfig ${cluster.kubeconfig} get pods -A`,
    ].join('\n');
  }
  if (cluster.ingressAnswers) return '  An app answers at http://<app name>.apps.localhost';
  return [
    '  No ingress controller answers on this machine. To reach an app without one:',
    `  ${cluster.kubectl} get service -A -l app.kubernetes.io/managed-by=slipway`,
    `  ${cluster.kubectl} port-forward -n <namespace> service/hello 8080:80`,
  ].join('\n');
}

function table(rows: readonly [string, string][]): string {
  return rows.map(([name, value]) => `  ${name.padEnd(14)} ${value}`).join('\n');
}
