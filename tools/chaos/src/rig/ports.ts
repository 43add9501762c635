// Ports that stay ours while a process is away: below those that the system gives to whoever asks for any.
import { once } from 'node:events';
import { createServer } from 'node:net';

const FIRST = 12_000;
const LAST = 31_000;

export class Ports {
  // Two runs at once begin at different places.
  private last = FIRST + ((process.pid * 97) % (LAST - FIRST - 1_000));

  async next(): Promise<number> {
    for (;;) {
      const port = (this.last = this.last >= LAST ? FIRST : this.last + 1);
      if (await isFree(port)) return port;
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
