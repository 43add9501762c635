import type { Answered } from '../fixture/contract/case-client.js';
import { contract } from '../fixture/contract/contract.js';

interface Node {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

contract(import.meta.url, (it) => {
  it('tells the addresses of its nodes, and whether they are ready', async (api) => {
    await api.until(
      '/api/v1/nodes',
      ({ items }) => (items ?? []).length > 0,
      ({ apiVersion, kind, items }: Answered) => ({
        apiVersion,
        kind,
        // How many there are is nobody's business here.
        node: ((items ?? []) as unknown as Node[]).slice(0, 1).map(({ metadata: { name }, status }) => ({
          name,
          addresses: status?.addresses ?? [],
          ready: status?.conditions?.find(({ type }) => type === 'Ready')?.status,
        })),
      }),
    );
  });
});
