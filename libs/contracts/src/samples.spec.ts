import { readdirSync, readFileSync } from 'node:fs';

import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { describe, expect, it } from 'vitest';

import { fieldsOf, type Class } from './fields.js';
import { operations } from './registry.js';

const folder = new URL('../samples/', import.meta.url);

interface Sample {
  readonly name: string;
  readonly input?: object;
  readonly output?: object | null;
  readonly payload?: object;
}

function samplesOf(subject: string): Sample[] {
  const files = readdirSync(new URL(`${subject}/`, folder));
  return files.map((file) => ({
    name: file,
    ...(JSON.parse(readFileSync(new URL(`${subject}/${file}`, folder), 'utf8')) as object),
  }));
}

/** Everything in the text that the class does not declare, or that breaks a rule. */
function faults(target: Class<object>, plain: object): string[] {
  const errors = validateSync(plainToInstance(target, plain), { forbidUnknownValues: false });
  const declared = fieldsOf(target).map(({ name }) => name);
  const unknown = Object.keys(plain).filter((name) => !declared.includes(name));
  return [...errors.map((error) => error.toString()), ...unknown.map((name) => `${name} is not declared`)];
}

describe('samples', () => {
  it('belong to a message each', () => {
    const subjects = operations.map(({ subject }) => subject);
    expect(readdirSync(folder).filter((subject) => !subjects.includes(subject))).toEqual([]);
  });

  it.each(operations.map((operation) => [operation.subject, operation] as const))(
    '%s has one that fits',
    (subject, operation) => {
      const samples = samplesOf(subject);
      expect(samples.length).toBeGreaterThan(0);
      for (const { input, output, payload } of samples) {
        if (operation.kind === 'event') {
          expect(faults(operation.payload, payload ?? { missing: true })).toEqual([]);
          continue;
        }
        expect(faults(operation.input, input ?? { missing: true })).toEqual([]);
        if (operation.output) expect(faults(operation.output, output ?? { missing: true })).toEqual([]);
        else expect(output).toBeNull();
      }
    },
  );
});
