import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { listFeed } from '@slipway/contracts';

import { FeedReader } from '../../core/feed-reader.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { HttpStreams, type HttpStream } from '../../core/http-streams.js';
import { CloseCode, MAX_BUFFERED_BYTES, WebSockets } from '../../core/web-sockets.js';
import { Endpoint } from './endpoint.js';
import { failure } from './errors.js';
import { FRAME_TYPES, replayGap, serverSentEvent, toSentFrame, type Frame } from './feed.projection.js';
import { idOf, someOf } from './query.js';
import { RequestInterceptor } from './request.interceptor.js';

const RESUMED = { last_event_id: 'The last event that was seen: what came after it is sent first' };

@UseInterceptors(RequestInterceptor)
@Controller('v1')
@ApiTags('notifications')
export class EventsController {
  constructor(
    private readonly feeds: FeedReader,
    private readonly sockets: WebSockets,
    private readonly streams: HttpStreams,
  ) {}

  @Get('ws/notifications')
  @Endpoint({
    access: 'stream',
    core: [listFeed],
    status: 101,
    summary: 'What happens to the deployments of the caller',
    answer: 'A WebSocket',
    query: RESUMED,
  })
  async notifications(@Current() call: HttpCall): Promise<void> {
    if (!call.upgrade) throw failure.upgradeRequired();
    this.sockets.takeRoom(call);
    const feed = await this.feeds.open(call, call.query.get('last_event_id') ?? undefined);
    const socket = await this.sockets.accept(call).catch((error: unknown) => {
      feed.close();
      throw error;
    });
    void socket.closed().then(() => feed.close());
    const send = (message: string | Buffer | undefined): void => {
      if (message === undefined) return;
      // A client that is too slow comes again with its last id and misses nothing.
      if (socket.bufferedBytes > MAX_BUFFERED_BYTES) socket.close(CloseCode.tooSlow);
      else socket.send(message);
    };
    feed.start({
      event: (event) => send(toSentFrame(event)?.message),
      gap: () => send(JSON.stringify(replayGap(new Date()))),
      ready: () => socket.ready(),
      failed: () => socket.close(CloseCode.internal),
    });
  }

  @Get('events')
  @Endpoint({
    access: 'stream',
    core: [listFeed],
    summary: 'The same as server-sent events. It ends when its reader is too slow, who comes again with the last id',
    answer: 'text/event-stream',
    query: {
      ...RESUMED,
      deployment_id: 'Of one deployment alone',
      types: `With commas: ${FRAME_TYPES.join(', ')}`,
    },
    headers: { 'Last-Event-ID': 'As last_event_id, which it goes before' },
  })
  async events(@Current() call: HttpCall): Promise<HttpStream> {
    const isWanted = filterOf(call.query);
    const stream = this.streams.start(call, { keepAlive: ':\n\n' });
    // A browser that comes again repeats the address, and so the id with which it came first.
    const lastEventId = call.header('last-event-id') ?? call.query.get('last_event_id') ?? undefined;
    const feed = await this.feeds.open(call, lastEventId).catch((error: unknown) => {
      stream.destroy();
      throw error;
    });
    stream.once('close', () => feed.close());
    call.set('Content-Type', 'text/event-stream');
    stream.offer('retry: 2000\n\n');
    // HEAD has the headers of an answer that would never end.
    if (call.method === 'HEAD') stream.finish();
    feed.start({
      event: (event) => {
        const sent = toSentFrame(event);
        if (sent && isWanted(sent.frame)) stream.offer(sent.serverSentEvent);
      },
      // Told to everybody: what went may have been wanted.
      gap: () => {
        const gap = replayGap(new Date());
        stream.offer(serverSentEvent(gap, JSON.stringify(gap)));
      },
      ready: () => stream.ready(),
      failed: () => stream.cut(),
    });
    return stream;
  }
}

/** @throws Failure 400 */
function filterOf(query: URLSearchParams): (frame: Frame) => boolean {
  const deploymentId = idOf(query, 'deployment_id');
  const types: readonly string[] | undefined = someOf(query, 'types', FRAME_TYPES);
  return ({ type, deployment_id }) =>
    (deploymentId === undefined || deployment_id === deploymentId) && (types === undefined || types.includes(type));
}
