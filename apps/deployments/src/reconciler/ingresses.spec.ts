import { describe, expect, it } from 'vitest';

import { ingresses } from './ingresses.js';

const metadata = { name: 'shop', namespace: 'ce-shop-7c9e6679', labels: { a: 'b' } };
const backend = { service: { name: 'shop', port: { name: 'http' } } };
const offered = { ingressClass: 'nginx', certIssuer: null };
const http = { paths: [{ path: '/', pathType: 'Prefix', backend }] };
const domains = ['shop.example.net', 'www.example.net'];

describe('ingresses', () => {
  it('are one for the own host and one for all domains, with a rule each', () => {
    expect(ingresses(metadata, { own: 'shop.apps.example.com', domains }, backend, offered)).toEqual([
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata,
        spec: { ingressClassName: 'nginx', rules: [{ host: 'shop.apps.example.com', http }] },
      },
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { ...metadata, name: 'shop.domains' },
        spec: { ingressClassName: 'nginx', rules: domains.map((host) => ({ host, http })) },
      },
    ]);
  });

  it('are none where there is no host', () => {
    expect(ingresses(metadata, { own: null, domains: [] }, backend, offered)).toEqual([]);
  });

  it('ask the issuer for a certificate of each domain, and for none of the own host', () => {
    const issued = { ingressClass: null, certIssuer: 'letsencrypt' };
    const [own, second] = ingresses(metadata, { own: 'shop.apps.example.com', domains }, backend, issued);
    expect(own?.metadata.annotations).toBeUndefined();
    expect(own?.spec?.tls).toBeUndefined();
    expect(second?.metadata.annotations).toEqual({ 'cert-manager.io/cluster-issuer': 'letsencrypt' });
    expect(second?.spec?.tls).toEqual([
      { hosts: ['shop.example.net'], secretName: 'shop.example.net' },
      { hosts: ['www.example.net'], secretName: 'www.example.net' },
    ]);
  });
});
