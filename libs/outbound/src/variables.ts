// The variable that this library needs, declared where its form is known, so that services say only where its value goes.
import { Variable } from '@slipway/runtime';
import { ValidateBy } from 'class-validator';

import { isNetwork } from './networks.js';

/** `OUTBOUND_ALLOW`, for `new AddressFilter`. */
export function OutboundAllow(): PropertyDecorator {
  return (target, property) => {
    Variable('OUTBOUND_ALLOW', {
      type: 'list',
      default: [],
      description:
        'Loopback and private networks that may be asked where users say where to, `10.1.0.0/16,loopback`. Metadata and link-local never.',
    })(target, property);
    ValidateBy(
      {
        name: 'network',
        validator: {
          validate: (text: unknown) => typeof text === 'string' && isNetwork(text),
          defaultMessage: () => 'must be a list of networks such as 10.1.0.0/16, or the word loopback',
        },
      },
      { each: true },
    )(target, property);
  };
}
