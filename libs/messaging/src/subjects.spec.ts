import { describe, expect, it } from 'vitest';

import { decodeToken, encodeToken, feedSubject, logSubject, readersSubject } from './subjects.js';

describe('tokens of subjects', () => {
  const texts = ['', 'shop-1', 'a.b', '*', '>', 'a b', '=', '=2E', 'ü', '🚀', 'a\r\nb', '$JS'];

  it.each(texts)('hold %j and give it back', (text) => {
    expect(encodeToken(text)).toMatch(/^[A-Za-z0-9_=-]+$/);
    expect(decodeToken(encodeToken(text))).toBe(text);
  });

  it('never meet for different texts', () => {
    expect(new Set(texts.map(encodeToken)).size).toBe(texts.length);
  });

  it('keep a name with dots from becoming a longer subject', () => {
    expect(logSubject({ environment: 'e.>', app: 'a', pod: 'p', container: 'c' })).toBe('log.e=2E=3E.a.p.c');
    expect(logSubject({ environment: 'e', app: 'a' })).toBe('log.e.a.*.*');
    expect(feedSubject('*')).toBe('feed.=2A');
    expect(readersSubject('a.b')).toBe('readers.a=2Eb');
  });
});
