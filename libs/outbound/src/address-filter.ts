// Owns which addresses may be connected to where somebody else says where to. It judges addresses, never names: a name may resolve to something else a moment later, so the
// verdict falls inside the look-up whose result is connected to, at every connect.
import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

import ipaddr from 'ipaddr.js';

import { isInNetwork, type Network, parseNetworks } from './networks.js';

/** The address, and not the receiver, is the reason why no connection was made. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
  readonly code = 'ERR_ADDRESS_REFUSED';
}

/** As `dns.lookup` with `all: true`. */
export type ResolveAll = (
  hostname: string,
  options: { readonly all: true; readonly family?: Family },
  callback: Resolved,
) => void;
type Family = number | 'IPv4' | 'IPv6' | undefined;
type Resolved = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

// Metadata services that do not live in link-local ranges: Azure, Alibaba Cloud, Oracle Cloud, AWS and Google Cloud over IPv6.
const METADATA = new Set(['168.63.129.16', '100.100.100.200', '192.0.0.192', 'fd00:ec2::254', 'fd20:ce::254']);

// Beside it IPv6 has no public addresses: what ipaddr.js does not know below it, such as ::a9fe:a9fe, may stand for one of IPv4.
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

export class AddressFilter {
  private readonly allowed: readonly Network[];
  private readonly lookingFor = new Map<string, Resolved[]>();

  /**
   * `allowed`: loopback and private networks that pass. Public addresses always do, all others never.
   * @throws Error for a word that is no network
   */
  constructor(
    allowed: readonly string[],
    private readonly resolveAll: ResolveAll = dnsLookup,
  ) {
    this.allowed = parseNetworks(allowed);
  }

  /** Judges one address in the form that a look-up returns. */
  allows(address: string): boolean {
    // Zones name a link, and the short, octal and hex forms that ipaddr.js also reads are no addresses to isIP.
    if (isIP(address) === 0 || address.includes('%')) return false;
    const parsed = ipaddr.parse(address);
    if (METADATA.has(parsed.toString())) return false;
    switch (parsed.range()) {
      case 'unicast':
        return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST);
      case 'loopback':
      case 'private':
      case 'carrierGradeNat':
      case 'uniqueLocal':
        return this.allowed.some((network) => isInNetwork(parsed, network));
      default:
        return false;
    }
  }

  /** For the connector: resolves and keeps only what may be connected to. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.resolve(hostname, options.family, (error, addresses) => {
      if (error) return callback(error, '');
      const allowed = addresses.filter(({ address }) => this.allows(address));
      const [first] = allowed;
      if (!first) return callback(new AddressRefusedError(`no address of "${hostname}" is allowed`), '');
      if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };

  /** Whether a host, as a URL spells it, has addresses and none of them is allowed. A name that does not resolve is not refused. */
  refuses(hostname: string): Promise<boolean> {
    const host = bareHost(hostname);
    if (isIP(host) !== 0) return Promise.resolve(!this.allows(host));
    return new Promise((resolve) => {
      this.resolve(host, undefined, (error, addresses) =>
        resolve(!error && addresses.length > 0 && !addresses.some(({ address }) => this.allows(address))),
      );
    });
  }

  // The system's look-up holds a thread for as long as the name servers of a name are silent, and a process has few (UV_THREADPOOL_SIZE).
  // So one is asked for a name at a time, and those who come meanwhile share its answer.
  private resolve(hostname: string, family: Family, callback: Resolved): void {
    const question = `${hostname} ${family}`;
    const waiting = this.lookingFor.get(question);
    if (waiting) return void waiting.push(callback);
    const asked = [callback];
    this.lookingFor.set(question, asked);
    this.resolveAll(hostname, { family, all: true }, (error, addresses) => {
      this.lookingFor.delete(question);
      for (const tell of asked) tell(error, addresses);
    });
  }
}

/** A URL puts addresses of IPv6 into brackets. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
