import type { CaseClient } from '../fixture/contract/case-client.js';
import { contract } from '../fixture/contract/contract.js';

const path = 'apps/v1/deployments/web';
const pretended = `${path}?dryRun=All`;

/** Paused and without pods, so that no controller changes it any more; the patches are dry runs. */
async function prepare({ unrecorded }: CaseClient): Promise<void> {
  await unrecorded.post('apps/v1/deployments', {
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: {
      paused: true,
      replicas: 0,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            {
              name: 'web',
              image: 'web:1',
              env: [
                { name: 'A', value: '1' },
                { name: 'B', value: '2' },
              ],
              ports: [{ containerPort: 80, name: 'http' }],
              args: ['one', 'two'],
            },
            { name: 'side', image: 'side:1' },
          ],
          imagePullSecrets: [{ name: 'one' }],
        },
      },
    },
  });
  await unrecorded.until(path, ({ status }) => status?.observedGeneration === 1);
}

const inPod = (spec: object): object => ({ spec: { template: { spec } } });

contract(import.meta.url, (it) => {
  it('merges containers by name, and adds new ones', async (api) => {
    await prepare(api);
    await api.strategicPatch(pretended, inPod({ containers: [{ name: 'side', image: 'side:2' }] }));
    await api.strategicPatch(pretended, inPod({ containers: [{ name: 'new', image: 'new:1' }] }));
  });

  it('merges variables by name and ports by number, and replaces arguments', async (api) => {
    await prepare(api);
    await api.strategicPatch(
      pretended,
      inPod({
        containers: [
          {
            name: 'web',
            env: [
              { name: 'B', value: '3' },
              { name: 'C', value: '4' },
            ],
            ports: [{ containerPort: 81, name: 'admin' }],
            args: ['three'],
          },
        ],
      }),
    );
    await api.strategicPatch(pretended, inPod({ imagePullSecrets: [{ name: 'two' }] }));
  });

  it('deletes an item by a directive', async (api) => {
    await prepare(api);
    await api.strategicPatch(pretended, inPod({ containers: [{ name: 'side', $patch: 'delete' }] }));
    await api.strategicPatch(
      pretended,
      inPod({ containers: [{ name: 'web', env: [{ name: 'A', $patch: 'delete' }] }] }),
    );
    await api.strategicPatch(pretended, inPod({ containers: [{ name: 'absent', $patch: 'delete' }] }));
  });

  it('replaces a list or an object by a directive', async (api) => {
    await prepare(api);
    await api.strategicPatch(
      pretended,
      inPod({ containers: [{ $patch: 'replace' }, { name: 'only', image: 'only:1' }] }),
    );
    await api.strategicPatch(
      pretended,
      inPod({ containers: [{ name: 'web', env: [{ $patch: 'replace' }, { name: 'Z', value: '9' }] }] }),
    );
    await api.strategicPatch(pretended, { metadata: { labels: { $patch: 'replace', other: 'x' } } });
  });

  it('orders a list by a directive', async (api) => {
    await prepare(api);
    await api.strategicPatch(
      pretended,
      inPod({
        '$setElementOrder/containers': [{ name: 'side' }, { name: 'web' }],
        containers: [{ name: 'side', image: 'side:2' }],
      }),
    );
    await api.strategicPatch(
      pretended,
      inPod({ containers: [{ name: 'web', '$setElementOrder/env': [{ name: 'B' }, { name: 'A' }] }] }),
    );
  });

  it('deletes values of a list of values by a directive', async (api) => {
    await prepare(api);
    await api.unrecorded.mergePatch(path, { metadata: { finalizers: ['example.com/a', 'example.com/b'] } });
    await api.strategicPatch(pretended, { metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/a'] } });
    await api.strategicPatch(pretended, { metadata: { finalizers: ['example.com/c'] } });
    await api.strategicPatch(path, {
      metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/a', 'example.com/b'] },
    });
  });

  it('keeps only some fields by a directive', async (api) => {
    await prepare(api);
    await api.strategicPatch(pretended, { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } });
    await api.strategicPatch(pretended, { spec: { strategy: { type: 'Recreate' } } });
  });

  it('removes fields by null', async (api) => {
    await prepare(api);
    await api.strategicPatch(pretended, inPod({ containers: [{ name: 'web', env: null, args: null }] }));
    await api.strategicPatch(pretended, { metadata: { labels: null } });
  });

  it('refuses what is no such patch', async (api) => {
    await prepare(api);
    await api.strategicPatch(pretended, inPod({ containers: [{ image: 'nameless:1' }] }));
    await api.strategicPatch(pretended, inPod({ containers: [{ name: 'web', $patch: 'other' }] }));
    await api.strategicPatch(pretended, inPod({ containers: 'web' }));
    await api.strategicPatch(pretended, '{');
    await api.strategicPatch(pretended, '[]');
  });

  it('merges the ports of a service by number', async (api) => {
    await api.unrecorded.post('v1/services', {
      metadata: { name: 'web' },
      spec: { ports: [{ name: 'http', port: 80 }] },
    });
    await api.strategicPatch('v1/services/web', { spec: { ports: [{ name: 'admin', port: 81 }] } });
    await api.strategicPatch('v1/services/web', { spec: { ports: [{ port: 80, targetPort: 8080 }] } });
    await api.strategicPatch('v1/services/web', { spec: { ports: [{ port: 81, $patch: 'delete' }] } });
    await api.strategicPatch('v1/services/web', { spec: { selector: { app: 'web' } } });
    await api.strategicPatch('v1/services/web', { spec: { selector: { tier: 'front' } } });
  });
});
