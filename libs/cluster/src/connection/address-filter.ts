// Owns which addresses a connection may go to. It judges addresses, never names: a name may resolve to something else a moment
// later, so the verdict falls inside the look-up whose result is connected to, at every connect.
import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

import ipaddr from 'ipaddr.js';

/** Metadata, link-local, unspecified, multicast, reserved and IPv4-in-IPv6 addresses are always refused. */
export interface AddressPolicy {
  /** 127.0.0.0/8 and ::1. Default false. */
  readonly loopback?: boolean;
  /** 10/8, 172.16/12, 192.168/16, 100.64/10 and fc00::/7. Default false. */
  readonly private?: boolean;
}

export type AddressVerdict = true | { readonly refused: string };

export interface AddressFilter {
  /** Judges one address in the form that a look-up returns. */
  check(address: string): AddressVerdict;
  /** For `lookup` of net, tls, http and undici connectors: resolves and keeps only what `check` allows. */
  readonly lookup: LookupFunction;
}

/** The address, and not the cluster, is the reason why no connection was made. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
  readonly code = 'ERR_ADDRESS_REFUSED';
}

// Metadata services that do not live in link-local ranges: Azure, Alibaba Cloud, Oracle Cloud, AWS and Google Cloud over IPv6.
const METADATA = new Set(['168.63.129.16', '100.100.100.200', '192.0.0.192', 'fd00:ec2::254', 'fd20:ce::254']);

// Beside it IPv6 has no public addresses: what ipaddr.js does not know below it, such as ::a9fe:a9fe, may stand for one of IPv4.
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

export function addressFilter(policy: AddressPolicy = {}): AddressFilter {
  const check = (address: string): AddressVerdict => checkAddress(address, policy);
  const lookup: LookupFunction = (hostname, options, callback) => {
    dnsLookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) {
        callback(error, '');
        return;
      }
      const allowed = addresses.filter(({ address }) => check(address) === true);
      const [first] = allowed;
      if (first === undefined) {
        callback(new AddressRefusedError(`the address of "${hostname}" is not allowed`), '');
      } else if (options.all) {
        callback(null, allowed);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
  return { check, lookup };
}

function checkAddress(address: string, policy: AddressPolicy): AddressVerdict {
  // Zones name a link, and the short, octal and hex forms that ipaddr.js also reads are no addresses to isIP.
  if (isIP(address) === 0 || address.includes('%')) {
    return { refused: 'it is not a plain IP address' };
  }
  const parsed = ipaddr.parse(address);
  if (METADATA.has(parsed.toString())) {
    return { refused: 'it is the address of a metadata service' };
  }
  const range = parsed.range();
  switch (range) {
    case 'unicast':
      return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST)
        ? true
        : { refused: 'it is no public address' };
    case 'loopback':
      return policy.loopback ? true : { refused: 'loopback addresses are not allowed' };
    case 'private':
    case 'carrierGradeNat':
    case 'uniqueLocal':
      return policy.private ? true : { refused: 'private addresses are not allowed' };
    default:
      return { refused: `${range} addresses are never allowed` };
  }
}
