// The floor of B8: undici, an HMAC and nothing else. Every event goes to every endpoint over a few connections that are kept; nothing is
// stored, no address is judged, nothing would be tried again.
import { createHmac, randomUUID } from 'node:crypto';

import { Agent, request } from 'undici';

import { markOf } from '../measure/mark.js';
import { answerDriver } from '../parts/child.js';

/** As many as Slipway has for one endpoint. */
const CONNECTIONS = 4;

export interface LoopTargets {
  readonly urls: readonly string[];
  readonly secret: string;
}

let targets: LoopTargets = { urls: [], secret: '' };
let agents: Agent[] = [];

answerDriver({
  start: (given: LoopTargets): void => {
    targets = given;
    // One for each endpoint: they differ by their path here, as they would by their host elsewhere.
    agents = given.urls.map(() => new Agent({ connections: CONNECTIONS }));
  },
  /** Resolves when all endpoints have taken it. */
  send: async ({ index, planned }: { index: number; planned: number }): Promise<void> => {
    const id = randomUUID();
    const body = bodyOf(index, planned);
    await Promise.all(
      targets.urls.map(async (url, endpoint) => {
        const timestamp = Math.floor(Date.now() / 1000);
        const hmac = createHmac('sha256', targets.secret).update(`${id}.${timestamp}.${body}`).digest('base64');
        const answer = await request(url, {
          method: 'POST',
          dispatcher: agents[endpoint],
          headers: {
            'content-type': 'application/json',
            'user-agent': 'Container-Engine-Webhook/1.0',
            'webhook-id': id,
            'webhook-timestamp': String(timestamp),
            'webhook-signature': `v1,${hmac}`,
          },
          body,
        });
        await answer.body.dump();
        if (answer.statusCode !== 204) throw new Error(`${url} answered ${answer.statusCode}`);
      }),
    );
  },
});

/** As Slipway tells a restart. */
function bodyOf(index: number, planned: number): string {
  return JSON.stringify({
    deployment_id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
    status: 'restarted',
    type: 'deployment_restarted',
    timestamp: '2026-03-01T10:00:00.123Z',
    app_name: markOf(index, planned),
    user_id: '3f0b6c1e-2f57-4f0e-9c39-0c1d6a0e8b11',
    url: null,
  });
}
