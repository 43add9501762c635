import { isIP } from 'node:net';

import ipaddr from 'ipaddr.js';

export type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

const LOOPBACK = ['127.0.0.0/8', '::1/128'];
/** Where what the operator chose may be, beside the public internet: WEBHOOK_URL, the cluster of KUBECONFIG_PATH. */
export const INTERNAL_NETWORKS = [
  ...LOOPBACK,
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
];

/** `10.1.0.0/16`, `fd00::/8`, or the word `loopback`. */
export function isNetwork(word: string): boolean {
  if (word === 'loopback') return true;
  // The lenient forms of addresses that ipaddr.js also reads are nothing that somebody means here.
  return isIP(word.split('/')[0] ?? '') !== 0 && ipaddr.isValidCIDR(word);
}

/** @throws Error for a word that is no network */
export function parseNetworks(words: readonly string[]): readonly Network[] {
  return words.flatMap((word) => (word === 'loopback' ? LOOPBACK : [word])).map((word) => ipaddr.parseCIDR(word));
}

export function isInNetwork(address: ipaddr.IPv4 | ipaddr.IPv6, [base, bits]: Network): boolean {
  return address.kind() === base.kind() && address.match(base, bits);
}
