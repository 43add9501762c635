import type { ServerResponse } from 'node:http';

import { formatLine, parseLogOptions, type PodLogs } from './logs.js';
import type { Container, ContainerStatus, Pod } from './objects.js';
import { badRequest } from './status-error.js';

/** Answers `GET …/pods/{name}/log`. Following ends when the container ends. */
export function serveLog(pod: Pod, logs: PodLogs, query: URLSearchParams, response: ServerResponse): void {
  const container = chooseContainer(pod, query.get('container'));
  const options = parseLogOptions(query, pod.metadata.name);
  // A pod that no node has yet has no log, and that is no error.
  if (!pod.spec.nodeName) {
    response.writeHead(204).end();
    return;
  }
  const log = logs.find(pod.metadata.uid, container.name, options.previous);
  if (!log) throw noLog(pod, container.name, options.previous);

  response.writeHead(200, { 'Content-Type': 'text/plain' });
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  const write = (text: string): void => {
    const bytes = Buffer.from(text);
    if (left > 0) response.write(bytes.length <= left ? bytes : bytes.subarray(0, left));
    left -= bytes.length;
    if (left <= 0) response.end();
  };
  for (const line of log.select(options)) write(formatLine(line, options.timestamps));
  if (!options.follow || left <= 0) {
    response.end();
    return;
  }
  response.flushHeaders();
  const stop = log.follow(
    (line) => write(formatLine(line, options.timestamps)),
    () => response.end(),
  );
  response.on('close', stop);
}

function chooseContainer(pod: Pod, name: string | null): Container {
  const { name: podName } = pod.metadata;
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  if (name) {
    const found = all.find((container) => container.name === name);
    if (!found) throw badRequest(`container ${name} is not valid for pod ${podName}`);
    return found;
  }
  const [only, ...more] = pod.spec.containers;
  if (!only || more.length) {
    const names = all.map((container) => container.name).join(' ');
    throw badRequest(`a container name must be specified for pod ${podName}, choose one of: [${names}]`);
  }
  return only;
}

const pullFailures: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};

function noLog(pod: Pod, container: string, previous: boolean): Error {
  const quoted = JSON.stringify(container);
  if (previous) {
    return badRequest(`previous terminated container ${quoted} in pod ${JSON.stringify(pod.metadata.name)} not found`);
  }
  const statuses: ContainerStatus[] = [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? []),
  ];
  const reason = statuses.find(({ name }) => name === container)?.state.waiting?.reason ?? 'ContainerCreating';
  const why = pullFailures[reason] ?? reason;
  return badRequest(`container ${quoted} in pod ${JSON.stringify(pod.metadata.name)} is waiting to start: ${why}`);
}
