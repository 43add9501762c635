import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { describe, expect, it } from 'vitest';

import { Email, Format, Integer, NestedList, OneOf, Optional, Sealed, Text, TextList, fieldsOf } from './fields.js';
import { hasSealedField, jsonSchemaOf } from './schema.js';

class Port {
  @Integer({ min: 1, max: 65535 }) internal: number;
  @OneOf(['tcp', 'udp']) protocol: string;
}

class Sample {
  @Format('dns_label') name: string;
  @Email() @Optional() email?: string;
  @Text({ max: 10 }) @Optional() @Sealed() secret?: string;
  @NestedList(() => Port) ports: Port[];
}

const check = (input: object) => validateSync(plainToInstance(Sample, input));

describe('declared fields', () => {
  it('accepts what fits', () => {
    expect(check({ name: 'shop', ports: [{ internal: 80, protocol: 'tcp' }] })).toEqual([]);
  });

  it('names rule and kind of what does not fit', () => {
    const [first] = check({ name: 'My Shop', ports: [] });
    expect(first?.contexts).toEqual({ dns_label: { rule: 'dns_label', kind: 'value' } });
  });

  it('reports a missing field as a shape', () => {
    const [first] = check({ ports: [] });
    expect(first?.contexts?.isDefined).toEqual({ rule: 'required', kind: 'shape' });
  });

  it('refuses text that no database and no UTF-8 can hold as it was sent', () => {
    class Words {
      @Text() text: string;
      @TextList() list: string[];
      @Format('leading_slash') path: string;
      @Email() email: string;
    }
    const refused = (bad: string): (string | undefined)[] =>
      validateSync(
        plainToInstance(Words, { text: `a${bad}`, list: ['b', bad], path: `/${bad}`, email: `a${bad}@example.org` }),
      ).map(({ constraints }) => Object.values(constraints ?? {})[0]);
    expect(refused('\0')).toEqual(['characters', 'characters', 'leading_slash', 'email']);
    expect(refused('\ud800')).toEqual(['characters', 'characters', 'leading_slash', 'email']);
    expect(refused('\u00e9')).toEqual([]);
  });

  it('checks nested lists', () => {
    const [first] = check({ name: 'shop', ports: [{ internal: 0, protocol: 'tcp' }] });
    expect(first?.children?.[0]?.children?.[0]?.constraints).toHaveProperty('min');
  });

  it('keeps declaration order, options and seals for the schema', () => {
    expect(fieldsOf(Sample).map((field) => [field.name, field.optional, field.sealed])).toEqual([
      ['name', false, false],
      ['email', true, false],
      ['secret', true, true],
      ['ports', false, false],
    ]);
    expect(hasSealedField(Sample)).toBe(true);
    expect(hasSealedField(Port)).toBe(false);
    expect(jsonSchemaOf(Sample)).toMatchObject({
      required: ['name', 'ports'],
      properties: {
        name: { type: 'string' },
        email: { type: ['string', 'null'] },
        secret: { type: ['string', 'null'], 'x-sealed': true },
        ports: { items: { properties: { protocol: { enum: ['tcp', 'udp'] } } } },
      },
    });
  });

  it('refuses a mark above the type, where it would be without effect', () => {
    expect(() => {
      class Wrong {
        @Optional() @Text() name?: string;
      }
      return Wrong;
    }).toThrow('stand below');
  });
});
