import type { Answered, CaseClient } from '../fixture/contract/case-client.js';
import { contract } from '../fixture/contract/contract.js';

/**
 * An owner with a dependent, which blocks the deletion in the foreground or not. The collector knows of it: it has deleted a secret that was
 * made later. Of a dependent that it has not seen yet it would know nothing when the owner is deleted, and delete an orphan, too.
 */
async function prepare({ unrecorded }: CaseClient, reference: object = {}, more: object = {}): Promise<void> {
  const { body } = await unrecorded.post('v1/configmaps', { metadata: { name: 'owner' } });
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: body.metadata.uid, ...reference };
  await unrecorded.post('v1/secrets', { metadata: { name: 'dependent', ownerReferences: [owner], ...more } });
  await unrecorded.post('v1/secrets', { metadata: { name: 'later', ownerReferences: [ABSENT] } });
  await unrecorded.until('v1/secrets/later', (_, status) => status === 404);
}

const ABSENT = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: '9a2b6b24-5a54-4a31-8f63-d2d9d8f2d6aa' };

contract(import.meta.url, (it) => {
  it('deletes dependents after their owner, in the background', async (api) => {
    await prepare(api);
    await api.delete('v1/configmaps/owner', { propagationPolicy: 'Background' });
    await api.until('v1/secrets/dependent', (_, status) => status === 404);
  });

  it('deletes dependents by default', async (api) => {
    await prepare(api);
    await api.delete('v1/configmaps/owner');
    await api.until('v1/secrets/dependent', (_, status) => status === 404);
  });

  it('deletes dependents before their owner, in the foreground', async (api) => {
    await prepare(api, { blockOwnerDeletion: true }, { finalizers: ['example.com/hold'] });
    await api.delete('v1/configmaps/owner', { propagationPolicy: 'Foreground' });
    await api.until('v1/secrets/dependent', ({ metadata }) => metadata.deletionTimestamp !== undefined);
    await api.until('v1/configmaps/owner', ({ metadata }) => metadata.deletionTimestamp !== undefined);
    await api.unrecorded.mergePatch('v1/secrets/dependent', { metadata: { finalizers: null } });
    await api.until('v1/configmaps/owner', (_, status) => status === 404);
  });

  it('does not wait for a dependent that does not block', async (api) => {
    await prepare(api, {}, { finalizers: ['example.com/hold'] });
    await api.delete('v1/configmaps/owner', { propagationPolicy: 'Foreground' });
    await api.until('v1/configmaps/owner', (_, status) => status === 404);
    await api.until('v1/secrets/dependent', ({ metadata }) => metadata.deletionTimestamp !== undefined);
    await api.unrecorded.mergePatch('v1/secrets/dependent', { metadata: { finalizers: null } });
  });

  it('leaves orphans', async (api) => {
    await prepare(api);
    await api.delete('v1/configmaps/owner', { propagationPolicy: 'Orphan' });
    await api.until('v1/configmaps/owner', (_, status) => status === 404);
    await api.until(
      'v1/secrets/dependent',
      ({ metadata }) => metadata.ownerReferences === undefined,
      ({ metadata }) => ({ owners: metadata.ownerReferences ?? null }),
    );
  });

  it('deletes what names an owner that never was', async (api) => {
    await api.post('v1/secrets', { metadata: { name: 'dependent', ownerReferences: [ABSENT] } });
    await api.until('v1/secrets/dependent', (_, status) => status === 404);
  });

  it('keeps what has another owner left', async (api) => {
    const { unrecorded } = api;
    const [one, two] = [
      await unrecorded.post('v1/configmaps', { metadata: { name: 'one' } }),
      await unrecorded.post('v1/configmaps', { metadata: { name: 'two' } }),
    ];
    const owners = [one, two].map(({ body }) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: body.metadata.name,
      uid: body.metadata.uid,
    }));
    await unrecorded.post('v1/secrets', { metadata: { name: 'dependent', ownerReferences: owners } });
    await unrecorded.delete('v1/configmaps/one');
    const left = ({ metadata }: Answered): object => ({
      owners: metadata.ownerReferences,
    });
    await api.until(
      'v1/secrets/dependent',
      ({ metadata }) => (metadata.ownerReferences as unknown[]).length === 1,
      left,
    );
    await unrecorded.delete('v1/configmaps/two');
    await api.until('v1/secrets/dependent', (_, status) => status === 404);
  });
});
