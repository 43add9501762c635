// What the API says in the end, asked by each tenant, past the links' faults. Container Engine's, where everything that another dialect
// made is visible, too.
import type { Tenant } from '../driver/tenant.js';
import type { AppAnswer, UsedKeys } from './world.js';

interface Page {
  readonly deployments: readonly { readonly id: string }[];
  readonly pagination: { readonly total_pages: number };
}

interface App {
  readonly id: string;
  readonly app_name: string;
  readonly status: string;
  readonly image: string;
  readonly reason: string | null;
  readonly replicas: number;
  readonly env_vars: Readonly<Record<string, string>>;
}

const AT_ONCE = 8;
const ABSENT = { name: '', status: 'absent', image: '', reason: null, replicas: 0, variables: {}, revisions: [] };

export async function observeApi(gatewayUrl: string, tenants: readonly Tenant[]): Promise<AppAnswer[]> {
  const answers: AppAnswer[] = [];
  for (const tenant of tenants) {
    const get = async <T>(path: string): Promise<T | undefined> => {
      const answer = await fetch(new URL(path, gatewayUrl), {
        headers: { authorization: `Bearer ${tenant.credential}` },
      });
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as T;
    };
    const ids: string[] = [];
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      const list = await get<Page>(`/v1/deployments?limit=100&page=${page}`);
      if (!list) throw new Error('there is no list of deployments');
      ids.push(...list.deployments.map(({ id }) => id));
      pages = list.pagination.total_pages;
    }
    for (let begin = 0; begin < ids.length; begin += AT_ONCE) {
      const asked = ids.slice(begin, begin + AT_ONCE).map(async (id) => {
        const path = `/v1/deployments/${id}`;
        const [app, history] = await Promise.all([
          get<App>(path),
          get<{ revisions: { image: string }[] }>(`${path}/revisions?limit=100`),
        ]);
        // Listed and not there: its row in the answers says so.
        if (!app || !history) return { ...ABSENT, id, reader: tenant.canary };
        return {
          id,
          reader: tenant.canary,
          name: app.app_name,
          status: app.status,
          image: app.image,
          reason: app.reason,
          replicas: app.replicas,
          variables: app.env_vars,
          revisions: history.revisions.map(({ image }) => image).reverse(),
        };
      });
      answers.push(...(await Promise.all(asked)));
    }
  }
  return answers;
}

/** How many API keys each is told to have. */
export async function observeUsed(gatewayUrl: string, tenants: readonly Tenant[]): Promise<UsedKeys[]> {
  return Promise.all(
    tenants.map(async ({ userId, credential }) => {
      const answer = await fetch(new URL('/v1/user/profile', gatewayUrl), {
        headers: { authorization: `Bearer ${credential}` },
      });
      if (answer.status !== 200) throw new Error(`a profile: ${answer.status} ${await answer.text()}`);
      return { userId, told: ((await answer.json()) as { api_key_count: number }).api_key_count };
    }),
  );
}
