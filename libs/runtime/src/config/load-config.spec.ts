import { IsInt, IsNotEmpty, IsUrl, Max, Min } from 'class-validator';
import { describe, expect, it } from 'vitest';

import { CheckedBy, Fits, SecretText } from './checked-by.js';
import { ConfigurationError } from './configuration-error.js';
import { describeConfig } from './describe-config.js';
import { loadConfig, readConfig } from './load-config.js';
import { type KeyValue, Variable } from './variable.js';

class ShopConfig {
  @Variable('SHOP_URL', { required: 'always', description: 'Where the shop is.' })
  @IsUrl({ require_tld: false })
  url: string;

  @Variable('SHOP_PORT', { type: 'integer', default: 3000, description: 'Its port.' })
  @IsInt()
  @Min(1)
  @Max(65_535)
  port: number;

  @Variable('SHOP_OPEN', { type: 'boolean', default: false, description: 'Whether it is open.' })
  open: boolean;

  @Variable('SHOP_TAGS', { type: 'list', default: [], description: 'Its tags.' })
  tags: readonly string[];

  @Variable('SHOP_KEYS', {
    type: 'keyValueList',
    secret: true,
    required: 'production',
    default: [{ key: 'dev', value: 'x' }],
    description: 'Its keys.',
  })
  keys: readonly KeyValue[];

  @Variable('SHOP_MOTTO', { description: 'A line for the door.' })
  @IsNotEmpty()
  motto?: string;
}

const failure = (env: Record<string, string>, production = false): ConfigurationError => {
  try {
    loadConfig(ShopConfig, env, { production });
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('was accepted');
};
const issuesOf = (env: Record<string, string>, production = false) =>
  Object.fromEntries(failure(env, production).issues.map(({ variable, text }) => [variable, text]));

describe('loadConfig', () => {
  it('converts each variable by its declared type and applies the defaults once', () => {
    const config = loadConfig(ShopConfig, {
      SHOP_URL: 'http://shop',
      SHOP_OPEN: 'yes',
      SHOP_TAGS: 'a, b,,c',
      SHOP_KEYS: '2:y:z,1:x',
    });
    expect({ ...config }).toEqual({
      url: 'http://shop',
      port: 3000,
      open: true,
      tags: ['a', 'b', 'c'],
      keys: [
        { key: '2', value: 'y:z' },
        { key: '1', value: 'x' },
      ],
    });
  });

  it('gives a frozen object', () => {
    expect(Object.isFrozen(loadConfig(ShopConfig, { SHOP_URL: 'http://shop' }))).toBe(true);
  });

  it('takes an empty variable for an absent one', () => {
    expect(loadConfig(ShopConfig, { SHOP_URL: 'http://shop', SHOP_PORT: ' ', SHOP_MOTTO: '' })).toMatchObject({
      port: 3000,
    });
  });

  it('tells all errors at once, in the order of declaration', () => {
    const { issues, message } = failure({ SHOP_PORT: 'x', SHOP_OPEN: 'perhaps', SHOP_KEYS: 'secret-without-colon' });
    expect(issues.map(({ variable }) => variable)).toEqual(['SHOP_URL', 'SHOP_PORT', 'SHOP_OPEN', 'SHOP_KEYS']);
    expect(message.split('\n')).toHaveLength(5);
  });

  it('names the variable, not the property, says what it is and what it is for', () => {
    expect(issuesOf({ SHOP_URL: 'http://shop', SHOP_PORT: '0' })).toEqual({
      SHOP_PORT: 'must not be less than 1, but is "0". Its port.',
    });
  });

  it('never prints the value of a secret', () => {
    expect(failure({ SHOP_URL: 'http://shop', SHOP_KEYS: 'hunter2' }).message).not.toContain('hunter2');
    expect(issuesOf({ SHOP_URL: 'http://shop', SHOP_KEYS: 'a:1,a:2' }).SHOP_KEYS).toContain('names each key once');
  });

  it('asks for what production needs in production only, even when there is a default', () => {
    expect(issuesOf({ SHOP_URL: 'http://shop' }, true)).toEqual({
      SHOP_KEYS: 'is not set, and production has no default for it. Its keys.',
    });
    expect(() => loadConfig(ShopConfig, { SHOP_URL: 'http://shop', NODE_ENV: 'production' })).toThrow('SHOP_KEYS');
  });

  it('refuses in production what is there to try things out', () => {
    class ToyConfig {
      @Variable('SHOP_TOYS', { development: true, description: 'Toys to sell.' })
      toys?: string;
    }
    const issues = (env: Record<string, string>, production: boolean) => readConfig(ToyConfig, env, production).issues;
    expect(issues({ SHOP_TOYS: 'cars' }, true)).toEqual([
      { variable: 'SHOP_TOYS', text: 'may not be set in production. Toys to sell.' },
    ]);
    expect(issues({ SHOP_TOYS: 'cars' }, false)).toEqual([]);
    expect(issues({ SHOP_TOYS: '' }, true)).toEqual([]);
  });

  it('warns in production of a placeholder that was left so', () => {
    class DoorConfig {
      @Variable('DOOR_SIGN', { default: 'Example Ltd', placeholder: true, description: 'Stands on the door.' })
      sign: string;
    }
    const warningsOf = (env: Record<string, string>, production: boolean) =>
      readConfig(DoorConfig, env, production).warnings;
    expect(warningsOf({ DOOR_SIGN: '' }, true)).toEqual([
      'DOOR_SIGN is not set, and its default, "Example Ltd", is only a placeholder. Stands on the door.',
    ]);
    expect(warningsOf({}, false)).toEqual([]);
    expect(warningsOf({ DOOR_SIGN: 'Shop' }, true)).toEqual([]);
  });
});

describe('rules of our own', () => {
  const parse = (text: string): void => {
    if (text !== 'right') throw new Error('GATE_KEY: is not right');
  };
  class GateConfig {
    @Variable('GATE_KEY', { secret: true, description: 'Opens it.' })
    @CheckedBy(parse)
    key?: string;

    @Variable('GATE_WORDS', { type: 'list', default: [], description: 'Are said at it.' })
    @Fits((word) => word === word.toLowerCase(), 'has to be a list of small words')
    words: readonly string[];

    @Variable('GATE_SECRET', { secret: true, default: 'a secret', description: 'Is kept at it.' })
    @SecretText(8)
    secret: string;

    @Variable('GATE_DOOR', { description: 'Stands in it.' })
    @CheckedBy((door: string, { words }: GateConfig) => {
      if (!words.includes(door)) throw new Error('has to be one of GATE_WORDS');
    })
    door?: string;
  }
  const issues = (env: Record<string, string>) => readConfig(GateConfig, env, false).issues;

  it('say what is wrong in their own words, beside each other, without what is secret', () => {
    expect(issues({ GATE_KEY: 'wrong', GATE_WORDS: 'a,B', GATE_SECRET: '1234567', GATE_DOOR: 'c' })).toEqual([
      { variable: 'GATE_KEY', text: 'is not right. Opens it.' },
      { variable: 'GATE_WORDS', text: 'has to be a list of small words, but is "a,B". Are said at it.' },
      { variable: 'GATE_SECRET', text: 'must have at least 8 bytes. Is kept at it.' },
      { variable: 'GATE_DOOR', text: 'has to be one of GATE_WORDS, but is "c". Stands in it.' },
    ]);
  });

  it.each([
    'your-256-bit-secret',
    'your-super-secret-jwt-key-change-this-in-production',
    'CHANGE_ME_CHANGE_ME',
    'an example of a secret',
  ])('S3 refuse %j, which stands in examples', (secret) =>
    expect(issues({ GATE_SECRET: secret })).toEqual([
      { variable: 'GATE_SECRET', text: 'must be a secret of your own, not the words of an example. Is kept at it.' },
    ]),
  );

  it('say nothing of what is right, and of what is absent', () => {
    expect(issues({ GATE_KEY: 'right', GATE_WORDS: 'a,b', GATE_SECRET: 'éééé', GATE_DOOR: 'b' })).toEqual([]);
    expect(issues({})).toEqual([]);
  });
});

describe('describeConfig', () => {
  it('gives a row per variable without a secret default', () => {
    expect(describeConfig(ShopConfig).map((row) => [row.name, row.default, row.required])).toEqual([
      ['SHOP_URL', '', 'always'],
      ['SHOP_PORT', '3000', 'no'],
      ['SHOP_OPEN', 'false', 'no'],
      ['SHOP_TAGS', '', 'no'],
      ['SHOP_KEYS', '', 'in production'],
      ['SHOP_MOTTO', '', 'no'],
    ]);
  });
});
