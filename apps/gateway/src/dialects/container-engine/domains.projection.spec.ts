import { describe, expect, it } from 'vitest';

import { domain } from '../../fixture/samples.js';
import { toDomain } from './domains.projection.js';

describe('toDomain', () => {
  it.each([
    ['203.0.113.10', 'A'],
    ['2001:db8::10', 'AAAA'],
    ['4.example.net', 'CNAME'],
    ['balancer.example.net', 'CNAME'],
  ])('leads to %s by a record of type %s, after the proof', (address, record_type) => {
    const { dns_records } = toDomain({ ...domain, address });
    expect(dns_records.map((record) => record.record_type)).toEqual(['TXT', record_type]);
    expect(dns_records[1]).toEqual({ record_type, name: domain.host, value: address, ttl: 300 });
  });
});
