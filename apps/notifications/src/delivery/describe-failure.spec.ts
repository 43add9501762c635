import { describe, expect, it } from 'vitest';

import { describeFailure } from './describe-failure.js';

const coded = (code: string): Error => Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:443'), { code });

describe('describeFailure', () => {
  it.each([
    [new DOMException('', 'TimeoutError'), 'No answer within 10 s.'],
    [coded('ERR_ADDRESS_REFUSED'), 'The host is at an address that webhooks may not go to.'],
    [coded('ECONNREFUSED'), 'The connection was refused.'],
    [coded('UND_ERR_SOCKET'), 'The connection was cut before an answer came.'],
    [coded('ENOTFOUND'), 'The host name does not exist.'],
    [coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'The TLS connection failed (DEPTH_ZERO_SELF_SIGNED_CERT).'],
    [coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'The TLS connection failed (ERR_TLS_CERT_ALTNAME_INVALID).'],
    [Object.assign(new Error('Parse Error'), { name: 'HTTPParserError' }), 'The answer was no HTTP that can be read.'],
    [coded('EMFILE'), 'The request failed (EMFILE).'],
    [new Error('what only we should know'), 'The request failed.'],
    ['what only we should know', 'The request failed.'],
  ])('%s is "%s"', (error, text) => {
    expect(describeFailure(error)).toBe(text);
  });
});
