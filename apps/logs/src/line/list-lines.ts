import { Controller } from '@nestjs/common';
import { ClusterConnection, ClusterError, type V1Pod } from '@slipway/cluster';
import { type Envelope, LineList, listLines, type ListLines, type LogLine, problem } from '@slipway/contracts';
import { Broker, Handles, Refusal } from '@slipway/messaging';
import { ServiceLogger, within } from '@slipway/runtime';

import { AppAudiences } from '../audience/app-audiences.js';
import { containersOf, listPods } from './app-pods.js';
import { clusterUnreachable } from './cluster-unreachable.js';
import { toLineTime } from './line-time.js';
import { toLogLine, type Written } from './log-line.js';
import { fitLines, mergeLines, numberLines } from './merge-lines.js';

/** Of one container. The cluster cuts a longer log at its newest end, so fewer lines are asked for then. */
const LIMIT_BYTES = 8 * 1024 * 1024;
/** What one message holds beside the lines. */
const ENVELOPE_BYTES = 128 * 1024;
/** Lines before the tail, so that those of one time are numbered from the first of them. */
const BASELINE_LINES = 50;
/** Logs read at once for one question. */
const CONCURRENCY = 8;
/** Within the five seconds that the question may take. */
const PATIENCE_MS = 4_000;
/** A node that is silent keeps nobody from the lines of the others. */
const READ_MS = 2_000;

interface Source {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

interface SomeLines {
  readonly lines: LogLine[];
  readonly cut?: boolean;
}

@Controller()
export class ListLinesHandler {
  constructor(
    private readonly audiences: AppAudiences,
    private readonly clusters: ClusterConnection,
    private readonly broker: Broker,
    private readonly logger: ServiceLogger,
  ) {}

  // A pod that does not exist yet, that waits, or whose image fails has no lines, which is no error.
  @Handles(listLines)
  async handle(input: ListLines, envelope: Envelope): Promise<LineList> {
    const app = await this.audiences.findVisible(input.appId, envelope);
    const until = performance.now() + PATIENCE_MS;
    const inTime = <T>(work: Promise<T>): Promise<T> =>
      within(Math.max(0, Math.min(READ_MS, until - performance.now())), work, clusterUnreachable);
    let pods: V1Pod[];
    try {
      pods = await inTime(listPods(this.clusters.cluster, app));
    } catch (error) {
      throw this.unreachable(error, app.appId);
    }
    const sources = chooseSources(pods, input);
    const severalPods = new Set(sources.map(({ pod }) => pod)).size > 1;
    if (input.tail === 0) return lineList([], { severalPods });
    const reads: SomeLines[] = [];
    const unread: Source[] = [];
    for (let start = 0; start < sources.length; start += CONCURRENCY) {
      const some = sources.slice(start, start + CONCURRENCY);
      await Promise.all(
        some.map(async (source) => {
          try {
            reads.push(await inTime(this.read(source, input)));
          } catch (error) {
            const refusal = this.unreachable(error, app.appId);
            unread.push(source);
            if (unread.length === sources.length) throw refusal;
          }
        }),
      );
    }
    return this.answer(reads, unread, severalPods, input);
  }

  private answer(
    reads: readonly SomeLines[],
    unread: readonly Source[],
    severalPods: boolean,
    { tail, since }: ListLines,
  ): LineList {
    const all = reads.map(({ lines }) => lines);
    const count = all.reduce((sum, { length }) => sum + length, 0);
    const merged = mergeLines(all, tail);
    const lines = fitLines(merged, this.broker.maxPayload - ENVELOPE_BYTES);
    const cut =
      lines.length < merged.length || (since !== undefined && count > tail) || reads.some((read) => read.cut === true);
    return lineList([...lines, ...unread.map(noticeOf)], { cut, severalPods });
  }

  private async read(source: Source, { tail, since, previous }: ListLines): Promise<SomeLines> {
    // The cluster knows a time in capitals only.
    const sinceTime = since?.toUpperCase();
    const { written, cut } = await this.readLog(source, { tailLines: tail + BASELINE_LINES, sinceTime, previous });
    const lines = written
      .map((line) => toLogLine(line, source.pod, source.container))
      .filter((line) => line !== undefined);
    const numbered = numberLines(lines);
    // The cluster may cut the time to whole seconds.
    const from = sinceTime === undefined ? undefined : toLineTime(sinceTime);
    return { lines: from === undefined ? numbered : numbered.filter(({ time }) => time >= from), cut };
  }

  private async readLog(
    source: Source,
    options: { tailLines: number; sinceTime?: string; previous?: boolean },
  ): Promise<{ written: Written[]; cut: boolean }> {
    try {
      for (let { tailLines } = options, cut = false; ; cut = true) {
        const written = await this.clusters.cluster.readLog({
          ...source,
          ...options,
          tailLines,
          limitBytes: LIMIT_BYTES,
        });
        const bytes = written.reduce((sum, { time, text }) => sum + time.length + Buffer.byteLength(text) + 2, 0);
        if (bytes < LIMIT_BYTES || tailLines === 1) return { written, cut };
        tailLines = Math.max(1, Math.floor(Math.min(written.length, tailLines) / 2));
      }
    } catch (error) {
      if (hasNoLog(error)) return { written: [], cut: false };
      throw error;
    }
  }

  private unreachable(error: unknown, appId: string): Refusal {
    if (error instanceof ClusterError) this.logger.warn('logs could not be read', { err: error, appId });
    else if (!(error instanceof Refusal)) throw error;
    return clusterUnreachable();
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

const lineList = (lines: LogLine[], { cut = false, severalPods = false }): LineList =>
  Object.assign(new LineList(), { lines, ...(cut && { cut }), ...(severalPods && { severalPods }) });

function noticeOf({ pod, container }: Source): LogLine {
  const time = toLineTime(new Date().toISOString()) ?? '';
  const message = `The cluster cannot read the lines of container ${container} of pod ${pod} at present`;
  return { time, pod, container, source: 'slipway', level: 'warn', message };
}
