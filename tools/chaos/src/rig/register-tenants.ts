import { waitFor } from '@slipway/testing/test-run';

import type { Tenant } from '../driver/tenant.js';
import type { Rig } from './rig.js';

/** Words that are in no name of Slipway. */
const CANARIES = ['amber', 'birch', 'cedar'];
const FULL = 'dogwood';

/** Registers the users of a run. The last one of those who work acts by an API key, the others by an access token. */
export async function registerTenants(rig: Rig): Promise<{ tenants: Tenant[]; fullTenant: Tenant }> {
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
  const register = async (canary: string): Promise<Tenant> => {
    const [email, password] = [`${canary}@example.org`, `the password of ${canary}`];
    const user = await post('/v1/auth/register', { username: canary, email, password, confirm_password: password });
    const { id = '', access_token: token = '' } = user;
    // With a planted defect what was acknowledged may not be there yet.
    const byKey = canary === CANARIES.at(-1);
    const credential = byKey ? (await waitFor(() => post('/v1/api-keys', { name: 'chaos' }, token))).key : token;
    return { canary, email, password, userId: id, credential: credential ?? '' };
  };
  return { tenants: await Promise.all(CANARIES.map(register)), fullTenant: await register(FULL) };
}
