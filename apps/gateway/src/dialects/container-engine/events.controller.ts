import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { FeedReader } from '../../core/feed-reader.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { CloseCode, MAX_BUFFERED_BYTES, WebSockets } from '../../core/web-sockets.js';
import { Endpoint } from './endpoint.js';
import { failure } from './errors.js';
import { replayGap, toFrame, type Frame } from './feed.projection.js';
import { RequestInterceptor } from './request.interceptor.js';

@UseInterceptors(RequestInterceptor)
@Controller('v1/ws')
@ApiTags('notifications')
export class EventsController {
  constructor(
    private readonly feeds: FeedReader,
    private readonly sockets: WebSockets,
  ) {}

  @Get('notifications')
  @Endpoint({
    access: 'stream',
    status: 101,
    summary: 'What happens to the deployments of the caller',
    answer: 'A WebSocket',
    query: { last_event_id: 'The last event that was seen: what came after it is sent first' },
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
    const send = (frame: Frame | undefined): void => {
      if (frame === undefined) return;
      // A client that is too slow comes again with its last id and misses nothing.
      if (socket.bufferedBytes > MAX_BUFFERED_BYTES) socket.close(CloseCode.tooSlow);
      else socket.send(JSON.stringify(frame));
    };
    feed.start({
      event: (event) => send(toFrame(event)),
      gap: () => send(replayGap(new Date())),
      failed: () => socket.close(CloseCode.internal),
    });
  }
}
