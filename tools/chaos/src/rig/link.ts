// One link between two parts, with what can happen to it. Both ends keep their addresses, so that neither knows of the fault.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';

export type LinkState =
  | { readonly kind: 'pass' }
  /** Open connections are reset, new ones too. */
  | { readonly kind: 'cut' }
  /** Each piece of data comes so much later, either way. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Data arrives in pieces of so many bytes, each by itself. */
  | { readonly kind: 'slices'; readonly bytes: number }
  /** A connection is reset once so many bytes have gone one way. */
  | { readonly kind: 'limit'; readonly bytes: number }
  /** Connections stay open and nothing arrives: half open. `to` stops requests only, `from` answers only. What waits arrives at the end. */
  | { readonly kind: 'silent'; readonly direction: Direction | 'both' };

export type Direction = 'to' | 'from';

export const PASS: LinkState = { kind: 'pass' };

export class Link {
  private state: LinkState = PASS;
  private changed = new AbortController();
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;

  /**
   * @param targetPort where it leads, on this machine; asked anew for every connection
   * @param address what the target sees as its client's: one of this machine's
   */
  constructor(
    readonly name: string,
    private readonly targetPort: () => number,
    readonly address = '127.0.0.1',
  ) {}

  /** Returns the port that stands for the target. */
  async open(): Promise<number> {
    this.server = createServer((client) => void this.join(client));
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this.port;
  }

  /** Stands for the target once the link is open. */
  get port(): number {
    return (this.server?.address() as AddressInfo | null)?.port ?? 0;
  }

  set(state: LinkState): void {
    this.state = state;
    if (state.kind === 'cut') for (const socket of this.sockets) socket.resetAndDestroy();
    this.changed.abort();
    this.changed = new AbortController();
  }

  get openConnections(): number {
    return this.sockets.size / 2;
  }

  close(): void {
    this.set({ kind: 'cut' });
    this.server?.close();
  }

  private async join(client: Socket): Promise<void> {
    this.keep(client);
    if (this.state.kind === 'cut') {
      client.resetAndDestroy();
      return;
    }
    // Nothing is read from the client before there is somebody to give it to.
    await this.passage('to');
    if (client.destroyed) return;
    const target = connect({ port: this.targetPort(), host: '127.0.0.1', localAddress: this.address });
    this.keep(target);
    void this.carry(client, target, 'to');
    void this.carry(target, client, 'from');
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.once('close', () => this.sockets.delete(socket));
  }

  private async carry(source: Socket, sink: Socket, direction: Direction): Promise<void> {
    try {
      let carried = 0;
      for await (const chunk of source) {
        await this.passage(direction);
        for (const piece of this.pieces(chunk as Buffer)) {
          // One that is closed will never say that it has room.
          if (sink.destroyed) throw new Error('the other end is gone');
          if (!sink.write(piece)) await Promise.race([once(sink, 'drain'), once(sink, 'close')]);
          if (this.state.kind === 'slices') await setImmediate();
        }
        carried += (chunk as Buffer).length;
        if (this.state.kind === 'limit' && carried > this.state.bytes) throw new Error('the link has carried enough');
      }
      await this.passage(direction);
      sink.end();
    } catch {
      // A reset is passed on as one.
      sink.resetAndDestroy();
    }
  }

  private pieces(chunk: Buffer): Buffer[] {
    if (this.state.kind !== 'slices') return [chunk];
    const { bytes } = this.state;
    return Array.from({ length: Math.ceil(chunk.length / bytes) }, (_, n) =>
      chunk.subarray(n * bytes, (n + 1) * bytes),
    );
  }

  /** Resolves when data may go on in this direction. */
  private async passage(direction: Direction): Promise<void> {
    if (this.state.kind === 'delay') await delay(this.state.ms);
    while (this.state.kind === 'silent' && (this.state.direction === 'both' || this.state.direction === direction)) {
      await once(this.changed.signal, 'abort');
    }
  }
}
