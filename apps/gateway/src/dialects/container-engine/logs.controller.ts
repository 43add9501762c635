import { Controller, Get, Param, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { followLines, getApp, listLines, type LogLine } from '@slipway/contracts';

import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { HttpStreams, type HttpStream } from '../../core/http-streams.js';
import { isCutShort, LogFollower } from '../../core/log-follower.js';
import { CloseCode, MAX_BUFFERED_BYTES, WebSockets } from '../../core/web-sockets.js';
import { GatewayConfig } from '../../gateway.config.js';
import { Endpoint } from './endpoint.js';
import { failure } from './errors.js';
import { LogList, type LogEntry } from './logs.dto.js';
import {
  TextLines,
  toGapNotice,
  toLogEntry,
  toLogsQuery,
  toLossNotice,
  toStreamQuery,
  type LogsQuery,
} from './logs.projection.js';
import { RequestInterceptor } from './request.interceptor.js';

const POD_LOGS_QUERY = {
  tail: '0 to 10000, 100 unless given',
  since: 'RFC 3339 time',
  container: 'Name of one container',
  format: 'json or text',
};
const LOGS_QUERY = { ...POD_LOGS_QUERY, pod: 'Name of one pod' };
const LIST_QUERY = { previous: 'true: the run before the last restart', follow: 'true: the answer stays open' };

const LIST = {
  access: 'event-stream',
  core: [getApp, listLines, followLines],
  summary: 'The last lines; with follow=true what comes too, as ndjson or as server-sent events',
  answer: LogList,
} as const;
const STREAM = {
  access: 'stream',
  core: [getApp, followLines, listLines],
  status: 101,
  summary: 'The last lines, then what comes',
  answer: 'A WebSocket',
} as const;

@UseInterceptors(RequestInterceptor)
@Controller('v1/deployments/:deploymentId')
@ApiTags('logs')
export class LogsController {
  constructor(
    private readonly core: CoreClient,
    private readonly follower: LogFollower,
    private readonly streams: HttpStreams,
    private readonly sockets: WebSockets,
    private readonly config: GatewayConfig,
  ) {}

  @Get('logs')
  @Endpoint({ ...LIST, query: { ...LOGS_QUERY, ...LIST_QUERY } })
  list(@Param('deploymentId') id: string, @Current() call: HttpCall): Promise<object> {
    return this.answer(call, id);
  }

  @Get('logs/stream')
  @Endpoint({ ...STREAM, query: LOGS_QUERY })
  stream(@Param('deploymentId') id: string, @Current() call: HttpCall): Promise<void> {
    return this.send(call, id);
  }

  @Get('pods/:pod/logs')
  @Endpoint({ ...LIST, query: { ...POD_LOGS_QUERY, ...LIST_QUERY } })
  listOfPod(@Param('deploymentId') id: string, @Param('pod') pod: string, @Current() call: HttpCall): Promise<object> {
    return this.answer(call, id, pod);
  }

  @Get('pods/:pod/logs/stream')
  @Endpoint({ ...STREAM, query: POD_LOGS_QUERY })
  streamOfPod(@Param('deploymentId') id: string, @Param('pod') pod: string, @Current() call: HttpCall): Promise<void> {
    return this.send(call, id, pod);
  }

  // The address that the original's web client uses.
  @Get('pods/:pod/logs/ws')
  @Endpoint({ ...STREAM, query: POD_LOGS_QUERY })
  socketOfPod(@Param('deploymentId') id: string, @Param('pod') pod: string, @Current() call: HttpCall): Promise<void> {
    return this.send(call, id, pod);
  }

  private async answer(call: HttpCall, id: string, pod?: string): Promise<object> {
    const query = this.queryOf(call.query, id, pod);
    await this.assertSeen(call, id);
    if (query.follow) return this.follow(call, query);
    const list = await this.core.query(call, listLines, query.lines);
    const entries = list.lines.map(toLogEntry);
    if (isCutShort(list, query.lines.tail)) {
      const { pod = null, container = null } = query.lines;
      entries.unshift(toGapNotice({ to: list.lines[0]?.time, pod, container }, new Date()));
    }
    if (query.format === 'json') return { logs: entries };
    const text = new TextLines(list.severalPods);
    return { logs: entries.map((entry) => `${text.lineOf(entry)}\n`).join('') };
  }

  private async send(call: HttpCall, id: string, pod?: string): Promise<void> {
    if (!call.upgrade) throw failure.upgradeRequired();
    const { lines, format } = this.queryOf(toStreamQuery(call.query), id, pod);
    this.sockets.takeRoom(call);
    await this.assertSeen(call, id);
    const log = await this.follower.open(call, lines);
    const socket = await this.sockets.accept(call).catch((error: unknown) => {
      log.close();
      throw error;
    });
    void socket.closed().then(() => log.close());
    const write = writerOf(format, log.severalPods);
    let dropped = 0;
    const tellAllDropped = (): void => {
      if (dropped === 0) return;
      const notice = toLossNotice(dropped, new Date());
      dropped = 0;
      socket.send(write.entry(notice));
    };
    const tellDropped = (): void => {
      if (socket.bufferedBytes <= MAX_BUFFERED_BYTES / 2) tellAllDropped();
    };
    log.start({
      line: (line) => {
        tellDropped();
        if (dropped > 0 || socket.bufferedBytes > MAX_BUFFERED_BYTES) dropped += 1;
        else socket.send(write.line(line), tellDropped);
      },
      gap: (gap) => {
        tellAllDropped();
        socket.send(write.entry(toGapNotice(gap, new Date())));
      },
      dropped: (count) => {
        dropped += count;
        tellDropped();
      },
      ended: () => {
        tellAllDropped();
        socket.close(CloseCode.done);
      },
    });
  }

  /** Lines of all pods, or of the one that the path names, whatever the query names. */
  private queryOf(asked: URLSearchParams, id: string, pod?: string): LogsQuery {
    const query = toLogsQuery(id, asked, this.config.logsFormat);
    return pod === undefined ? query : { ...query, lines: { ...query.lines, pod } };
  }

  // Logs keeps a copy of who owns what, which may lag behind; only its owner knows that there is no such deployment.
  private async assertSeen(call: HttpCall, id: string): Promise<void> {
    await this.core.query(call, getApp, { app: { id } });
  }

  private async follow(call: HttpCall, { lines, format }: LogsQuery): Promise<HttpStream> {
    const events = (call.header('accept') ?? '').includes('text/event-stream');
    const lastEventId = events ? call.header('last-event-id') : undefined;
    let write = writerOf(format);
    const chunkOf = (text: string, id?: string): string => (events ? eventOf(text, id) : `${text}\n`);
    const stream = this.streams.start(call, {
      keepAlive: events ? ':\n\n' : '\n',
      lost: (count) => chunkOf(write.entry(toLossNotice(count, new Date()))),
    });
    const log = await this.follower.open(call, lines, lastEventId).catch((error: unknown) => {
      stream.destroy();
      throw error;
    });
    stream.once('close', () => log.close());
    write = writerOf(format, log.severalPods);
    call.set('Content-Type', events ? 'text/event-stream' : format === 'text' ? 'text/plain' : 'application/x-ndjson');
    // HEAD has the headers of an answer that would never end.
    if (call.method === 'HEAD') stream.finish();
    if (events) stream.offer('retry: 2000\n\n');
    log.start({
      line: (line) => stream.offer(chunkOf(write.line(line), events ? log.position : undefined)),
      gap: (gap) => stream.tell(chunkOf(write.entry(toGapNotice(gap, new Date())))),
      dropped: (count) => stream.lose(count),
      ended: () => stream.finish(),
    });
    return stream;
  }
}

interface Writer {
  readonly line: (line: LogLine) => string;
  readonly entry: (entry: LogEntry) => string;
}

function writerOf(format: 'json' | 'text', severalPods = false): Writer {
  if (format === 'json') return { line: jsonOf, entry: (entry) => JSON.stringify(entry) };
  const text = new TextLines(severalPods);
  return { line: (line) => text.lineOf(toLogEntry(line)), entry: (entry) => text.lineOf(entry) };
}

/** A live line is one object for all its readers, and becomes JSON once. */
const written = new WeakMap<LogLine, string>();

function jsonOf(line: LogLine): string {
  const known = written.get(line);
  if (known !== undefined) return known;
  const text = JSON.stringify(toLogEntry(line));
  written.set(line, text);
  return text;
}

function eventOf(data: string, id: string | undefined): string {
  const lines = data.split('\n').map((line) => `data: ${line}\n`);
  return `${!id ? '' : `id: ${id}\n`}event: log\n${lines.join('')}\n`;
}
