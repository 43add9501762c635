import { isIP } from 'node:net';

import { buildConnector } from 'undici';

import { type AddressFilter, AddressRefusedError, bareHost } from './address-filter.js';

/** For the `connect` of an undici Agent: connects as undici itself does, but to no address that the filter does not allow. */
export function connectorBehind(
  filter: AddressFilter,
  options: buildConnector.BuildOptions = {},
): buildConnector.connector {
  const connect = buildConnector({ ...options, lookup: filter.lookup });
  return (target, callback) => {
    // A socket does not look up what already is an address.
    const host = bareHost(target.hostname);
    if (isIP(host) !== 0 && !filter.allows(host)) {
      callback(new AddressRefusedError(`the address ${host} is not allowed`), null);
    } else connect(target, callback);
  };
}
