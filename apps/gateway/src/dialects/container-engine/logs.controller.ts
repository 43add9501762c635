import { Controller, Get, Param, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { getApp, listLines } from '@slipway/contracts';

import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { HttpStreams, type HttpStream } from '../../core/http-streams.js';
import { LogFollower } from '../../core/log-follower.js';
import { CloseCode, MAX_BUFFERED_BYTES, WebSockets } from '../../core/web-sockets.js';
import { GatewayConfig } from '../../gateway.config.js';
import { Endpoint } from './endpoint.js';
import { failure } from './errors.js';
import { LogList, type LogEntry } from './logs.dto.js';
import {
  isSeen,
  resumedAt,
  TextLines,
  toLogEntry,
  toLogsQuery,
  toLossNotice,
  type LogsQuery,
} from './logs.projection.js';
import { RequestInterceptor } from './request.interceptor.js';

const LOGS_QUERY = {
  tail: '0 to 10000, 100 unless given',
  since: 'RFC 3339 time',
  pod: 'Name of one pod',
  container: 'Name of one container',
  format: 'json or text',
};

@UseInterceptors(RequestInterceptor)
@Controller('v1/deployments/:deploymentId/logs')
@ApiTags('logs')
export class LogsController {
  constructor(
    private readonly core: CoreClient,
    private readonly follower: LogFollower,
    private readonly streams: HttpStreams,
    private readonly sockets: WebSockets,
    private readonly config: GatewayConfig,
  ) {}

  @Get()
  @Endpoint({
    access: 'event-stream',
    summary: 'The last lines; with follow=true what comes too, as ndjson or as server-sent events',
    answer: LogList,
    query: { ...LOGS_QUERY, previous: 'true: the run before the last restart', follow: 'true: the answer stays open' },
  })
  async list(@Param('deploymentId') id: string, @Current() call: HttpCall): Promise<object> {
    const query = toLogsQuery(id, call.query, this.config.logsFormat);
    await this.assertSeen(call, id);
    if (query.follow) return this.follow(call, query);
    const { lines } = await this.core.query(call, listLines, query.lines);
    const entries = lines.map(toLogEntry);
    if (query.format === 'json') return { logs: entries };
    const text = new TextLines(entries);
    return { logs: entries.map((entry) => `${text.lineOf(entry)}\n`).join('') };
  }

  @Get('stream')
  @Endpoint({
    access: 'stream',
    status: 101,
    summary: 'The last lines, then what comes',
    answer: 'A WebSocket',
    query: LOGS_QUERY,
  })
  async stream(@Param('deploymentId') id: string, @Current() call: HttpCall): Promise<void> {
    if (!call.upgrade) throw failure.upgradeRequired();
    const { lines, format } = toLogsQuery(id, call.query, this.config.logsFormat);
    this.sockets.takeRoom(call);
    await this.assertSeen(call, id);
    const log = await this.follower.open(call, lines);
    const socket = await this.sockets.accept(call).catch((error: unknown) => {
      log.close();
      throw error;
    });
    void socket.closed().then(() => log.close());
    const write = writerOf(format);
    let dropped = 0;
    const tellDropped = (): void => {
      if (dropped === 0 || socket.bufferedBytes > MAX_BUFFERED_BYTES / 2) return;
      const notice = toLossNotice(dropped, new Date());
      dropped = 0;
      socket.send(write(notice));
    };
    log.start({
      line: (line) => {
        tellDropped();
        if (dropped > 0 || socket.bufferedBytes > MAX_BUFFERED_BYTES) dropped += 1;
        else socket.send(write(toLogEntry(line)), tellDropped);
      },
      dropped: (count) => {
        dropped += count;
        tellDropped();
      },
      ended: () => socket.close(CloseCode.done),
    });
  }

  // Logs keeps a copy of who owns what, which may lag behind; only its owner knows that there is no such deployment.
  private async assertSeen(call: HttpCall, id: string): Promise<void> {
    await this.core.query(call, getApp, { app: { id } });
  }

  private async follow(call: HttpCall, { lines, format }: LogsQuery): Promise<HttpStream> {
    const events = (call.header('accept') ?? '').includes('text/event-stream');
    const lastEventId = events ? call.header('last-event-id') : undefined;
    const write = writerOf(format);
    const chunkOf = (entry: LogEntry, id?: string): string =>
      events ? eventOf(write(entry), id) : `${write(entry)}\n`;
    const stream = this.streams.start(call, {
      keepAlive: events ? ':\n\n' : '\n',
      lost: (count) => chunkOf(toLossNotice(count, new Date())),
    });
    const log = await this.follower.open(call, resumedAt(lines, lastEventId)).catch((error: unknown) => {
      stream.destroy();
      throw error;
    });
    stream.once('close', () => log.close());
    call.set('Content-Type', events ? 'text/event-stream' : format === 'text' ? 'text/plain' : 'application/x-ndjson');
    // HEAD has the headers of an answer that would never end.
    if (call.method === 'HEAD') stream.finish();
    if (events) stream.offer('retry: 2000\n\n');
    log.start({
      line: (line) => {
        if (!isSeen(line, lastEventId)) stream.offer(chunkOf(toLogEntry(line), line.time));
      },
      dropped: (count) => stream.offer(chunkOf(toLossNotice(count, new Date()))),
      ended: () => stream.finish(),
    });
    return stream;
  }
}

function writerOf(format: 'json' | 'text'): (entry: LogEntry) => string {
  if (format === 'json') return (entry) => JSON.stringify(entry);
  const text = new TextLines();
  return (entry) => text.lineOf(entry);
}

function eventOf(data: string, id: string | undefined): string {
  const lines = data.split('\n').map((line) => `data: ${line}\n`);
  return `${id === undefined ? '' : `id: ${id}\n`}event: log\n${lines.join('')}\n`;
}
