import { Controller } from '@nestjs/common';
import { ClusterConnection, ClusterError, type V1Pod } from '@slipway/cluster';
import { type Envelope, LineList, listLines, type ListLines, type LogLine, problem } from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { ServiceLogger } from '@slipway/runtime';

import { AppAudiences } from '../audience/app-audiences.js';
import { containersOf, listPods } from './app-pods.js';
import { clusterUnreachable } from './cluster-unreachable.js';
import { toLineTime } from './line-time.js';
import { toLogLine } from './log-line.js';
import { mergeLines } from './merge-lines.js';

/** More than one reply holds. The cluster cuts a longer log at its newest end, so such a one is refused and never shown. */
const LIMIT_BYTES = 8 * 1024 * 1024;
/** Logs read at once for one question. */
const CONCURRENCY = 8;

interface Source {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

@Controller()
export class ListLinesHandler {
  constructor(
    private readonly audiences: AppAudiences,
    private readonly clusters: ClusterConnection,
    private readonly logger: ServiceLogger,
  ) {}

  // A pod that does not exist yet, that waits, or whose image fails has no lines, which is no error.
  @Handles(listLines)
  async handle(input: ListLines, envelope: Envelope): Promise<LineList> {
    const app = await this.audiences.findVisible(input.appId, envelope);
    try {
      const sources = chooseSources(await listPods(this.clusters.cluster, app), input);
      if (input.tail === 0) return lineList([]);
      const lists: LogLine[][] = [];
      for (let start = 0; start < sources.length; start += CONCURRENCY) {
        const some = sources.slice(start, start + CONCURRENCY);
        lists.push(...(await Promise.all(some.map((source) => this.read(source, input)))));
      }
      return lineList(mergeLines(lists, input.tail));
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      this.logger.warn('logs could not be read', { err: error, appId: app.appId });
      throw clusterUnreachable();
    }
  }

  private async read(source: Source, { tail, since, previous }: ListLines): Promise<LogLine[]> {
    const written = await this.readLog(source, { tailLines: tail, sinceTime: since ?? undefined, previous });
    const lines = written
      .map((line) => toLogLine(line, source.pod, source.container))
      .filter((line) => line !== undefined);
    // The cluster may cut the time to whole seconds.
    const from = since ? toLineTime(since.toUpperCase()) : undefined;
    return from === undefined ? lines : lines.filter(({ time }) => time >= from);
  }

  private async readLog(source: Source, options: { tailLines: number; sinceTime?: string; previous?: boolean }) {
    try {
      const written = await this.clusters.cluster.readLog({ ...source, ...options, limitBytes: LIMIT_BYTES });
      const bytes = written.reduce((sum, { time, text }) => sum + time.length + Buffer.byteLength(text) + 2, 0);
      if (bytes >= LIMIT_BYTES) throw new Refusal(tooLarge());
      return written;
    } catch (error) {
      if (hasNoLog(error)) return [];
      throw error;
    }
  }
}

/** @throws Refusal `not_found` for a pod of another App, or a container that no pod has */
function chooseSources(pods: readonly V1Pod[], { pod, container }: ListLines): Source[] {
  const chosen = !pod ? pods : pods.filter(({ metadata }) => metadata.name === pod);
  if (pod && chosen.length === 0) throw new Refusal(problem.notFound('pod', `The app has no pod ${pod}.`));
  const sources = chosen.flatMap((one) =>
    containersOf(one).map((name) => ({
      namespace: one.metadata.namespace ?? '',
      pod: one.metadata.name,
      container: name,
    })),
  );
  if (!container) return sources;
  const ofContainer = sources.filter((source) => source.container === container);
  if (sources.length > 0 && ofContainer.length === 0)
    throw new Refusal(problem.notFound('container', `The app has no container ${container}.`));
  return ofContainer;
}

// The pod went meanwhile, there was no earlier run, or the container has not started.
function hasNoLog(error: unknown): boolean {
  return error instanceof ClusterError && (error.kind === 'not_found' || error.reason === 'ContainerWaiting');
}

const lineList = (lines: LogLine[]): LineList => Object.assign(new LineList(), { lines });

const tooLarge = () =>
  problem.invalid('log_line', 'The lines have more bytes than one answer may have. Ask for a smaller tail.', {
    code: 'too_large',
    facts: { limit: LIMIT_BYTES },
  });
