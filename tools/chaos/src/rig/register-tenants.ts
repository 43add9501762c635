import { waitFor } from '@slipway/testing/test-run';

import type { Tenant } from '../driver/tenant.js';
import type { Rig } from './rig.js';

/** Words that are in no name of Slipway. */
const CANARIES = ['amber', 'birch', 'cedar'];

/** Registers the users of a run. The last one acts by an API key, the others by an access token. */
export async function registerTenants(rig: Rig): Promise<Tenant[]> {
  const [url = ''] = rig.gatewayUrls;
  const post = async (path: string, body: object, credential?: string): Promise<Record<string, string>> => {
    const answer = await fetch(new URL(path, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(credential && { authorization: `Bearer ${credential}` }) },
      body: JSON.stringify(body),
    });
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, string>;
  };
  return Promise.all(
    CANARIES.map(async (canary, index) => {
      const password = `the password of ${canary}`;
      const user = await post('/v1/auth/register', {
        username: canary,
        email: `${canary}@example.org`,
        password,
        confirm_password: password,
      });
      const { id = '', access_token: token = '' } = user;
      const byKey = index === CANARIES.length - 1;
      // With a planted defect what was acknowledged may not be there yet.
      const credential = byKey ? (await waitFor(() => post('/v1/api-keys', { name: 'chaos' }, token))).key : token;
      return { canary, userId: id, credential: credential ?? '' };
    }),
  );
}
