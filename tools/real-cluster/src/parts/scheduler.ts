import type { Part } from './part.js';

export const scheduler: Part = ({ credentials, binaries }) => ({
  name: 'kube-scheduler',
  binary: binaries['kube-scheduler'],
  args: [`--kubeconfig=${credentials.kubeconfig('scheduler')}`, '--leader-elect=false', '--secure-port=0'],
});
