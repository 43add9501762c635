import { stringify } from 'yaml';

/** A kubeconfig with one context, `embedded`. */
export function toKubeconfig({ url, caPem, token }: { url: string; caPem: string; token: string }): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'embedded',
        cluster: { server: url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') },
      },
    ],
    users: [{ name: 'embedded', user: { token } }],
    contexts: [{ name: 'embedded', context: { cluster: 'embedded', user: 'embedded', namespace: 'default' } }],
    'current-context': 'embedded',
  });
}
