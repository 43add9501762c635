import { describe, expect, it } from 'vitest';

import { chooseIngressClass } from './choose-ingress-class.js';

describe('chooseIngressClass', () => {
  const named = (name: string, isDefault?: string) => ({
    metadata: { name, ...(isDefault && { annotations: { 'ingressclass.kubernetes.io/is-default-class': isDefault } }) },
  });

  it.each([
    ['the default of the cluster', [named('nginx'), named('zone', 'true')], 'zone'],
    ['no class that says it is not the default', [named('azure', 'false'), named('traefik')], 'traefik'],
    ['the likeliest common one', [named('traefik'), named('nginx')], 'nginx'],
    ['the first by name', [named('b'), named('a')], 'a'],
    ['none where there is none', [], null],
  ])('takes %s', (_, classes, chosen) => {
    expect(chooseIngressClass(classes)).toBe(chosen);
  });

  it('prefers the common ones in this order, and all of them to any other', () => {
    const left = ['istio', 'aaa', 'traefik', 'haproxy', 'public', 'nginx'];
    const chosen = Array.from({ length: left.length }, () => {
      const next = chooseIngressClass(left.map((name) => named(name)));
      left.splice(left.indexOf(next ?? ''), 1);
      return next;
    });
    expect(chosen).toEqual(['nginx', 'public', 'haproxy', 'traefik', 'istio', 'aaa']);
  });
});
