import { contract } from '../fixture/contract/contract.js';

const pod = (name: string, ...resources: object[]): object => ({
  metadata: { name },
  spec: {
    nodeSelector: { 'example.com/none': 'x' },
    containers: resources.map((given, index) => ({ name: `c${index}`, image: 'a:1', resources: given })),
  },
});

const range = (...limits: object[]): object => ({ metadata: { name: 'range' }, spec: { limits } });

contract(import.meta.url, (it) => {
  it('gives containers what they do not say themselves', async (api) => {
    const limits = { type: 'Container', default: { cpu: '500m', memory: '256Mi' }, defaultRequest: { cpu: '100m' } };
    await api.post('v1/limitranges', range(limits));
    await api.post('v1/pods', pod('says-nothing', {}));
    await api.post('v1/pods', pod('says-one', { limits: { cpu: '200m' } }, { requests: { memory: '1Mi' } }));
    const all = { cpu: '10m', memory: '10Mi' };
    await api.post('v1/pods', pod('says-all', { limits: all, requests: all }));
    await api.post('v1/pods', {
      metadata: { name: 'has-an-initial-one' },
      spec: {
        nodeSelector: { 'example.com/none': 'x' },
        initContainers: [{ name: 'first', image: 'a:1' }],
        containers: [{ name: 'main', image: 'a:1', resources: { limits: all } }],
      },
    });
  });

  it('takes a default from the most and the least that is allowed', async (api) => {
    await api.post('v1/limitranges', range({ type: 'Container', max: { cpu: '1' }, min: { memory: '16Mi' } }));
    await api.post('v1/pods', pod('given', {}));
  });

  it('refuses containers that ask for more than the most or less than the least', async (api) => {
    await api.unrecorded.post(
      'v1/limitranges',
      range({ type: 'Container', max: { cpu: '1', memory: '1Gi' }, min: { cpu: '50m' } }),
    );
    await api.post('v1/pods', pod('more', { limits: { cpu: '1500m' }, requests: { cpu: '1' } }));
    await api.post('v1/pods', pod('most', { limits: { cpu: '1' }, requests: { cpu: '1' } }));
    await api.post('v1/pods', pod('less', { limits: { cpu: '100m' }, requests: { cpu: '10m' } }));
    await api.post('v1/pods', pod('second', {}, { limits: { memory: '2Gi' }, requests: { memory: '1Gi' } }));
  });

  it('refuses a limit too far above its request', async (api) => {
    await api.unrecorded.post('v1/limitranges', range({ type: 'Container', maxLimitRequestRatio: { cpu: '2' } }));
    await api.post('v1/pods', pod('far', { limits: { cpu: '500m' }, requests: { cpu: '100m' } }));
    await api.post('v1/pods', pod('near', { limits: { cpu: '200m' }, requests: { cpu: '100m' } }));
    await api.post('v1/pods', pod('without', { requests: { cpu: '100m' } }));
  });

  it('adds up the containers of a pod', async (api) => {
    await api.unrecorded.post('v1/limitranges', range({ type: 'Pod', max: { memory: '64Mi' } }));
    const half = { limits: { memory: '32Mi' } };
    await api.post('v1/pods', pod('fits', half, half));
    await api.post('v1/pods', pod('large', half, { limits: { memory: '48Mi' } }));
    await api.post('v1/pods', pod('unlimited', half, {}));
  });

  it('is refused when it contradicts itself', async (api) => {
    await api.post('v1/limitranges', range({ type: 'Container', max: { cpu: '1' }, min: { cpu: '2' } }));
    await api.post('v1/limitranges', range({ type: 'Container', max: { cpu: '1' }, default: { cpu: '2' } }));
    await api.post('v1/limitranges', range({ type: 'Container', min: { cpu: '1' }, defaultRequest: { cpu: '500m' } }));
    await api.post(
      'v1/limitranges',
      range({ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '1500m' } }),
    );
    await api.post('v1/limitranges', range({ type: 'Pod', default: { cpu: '1' } }));
    await api.post('v1/limitranges', range({ type: 'Pod' }, { type: 'Pod' }));
    await api.post('v1/limitranges', range({ type: 'Container', maxLimitRequestRatio: { cpu: '500m' } }));
  });
});
