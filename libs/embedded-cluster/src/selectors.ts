import type { Kind } from './kinds.js';
import { wrongKey, wrongLabelValue } from './names.js';
import type { KubeObject, LabelSelector } from './objects.js';
import { badRequest } from './status-error.js';

export type Matcher = (object: KubeObject) => boolean;

type Requirement = (labels: Readonly<Record<string, string>>) => boolean;

/** Parses `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`. Throws a 400 in the words of the real parser. */
export function parseLabelSelector(text: string): Matcher {
  const requirements = new LabelSelectorParser(text).parse();
  return (object) => requirements.every((requirement) => requirement(object.metadata.labels ?? {}));
}

export function matchesLabelSelector(selector: LabelSelector, labels: Record<string, string>): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const actual = labels[key];
      if (operator === 'In') return actual !== undefined && values.includes(actual);
      if (operator === 'NotIn') return actual === undefined || !values.includes(actual);
      return (operator === 'Exists') === (actual !== undefined);
    })
  );
}

/** Parses `metadata.name=a,status.phase!=Running`. Throws a 400 for a field that the kind does not offer. */
export function parseFieldSelector(text: string, kind: Kind): Matcher {
  const requirements = text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^([^=!]*)(==|=|!=)(.*)$/.exec(part);
      if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
      const [, field = '', operator, value = ''] = match;
      if (field !== 'metadata.name' && field !== 'metadata.namespace' && !kind.fields.includes(field)) {
        const only = `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
        throw badRequest(kind.fields.length ? `field label not supported: ${field}` : only);
      }
      return { path: field.split('.'), equal: operator !== '!=', value };
    });
  return (object) => requirements.every(({ path, equal, value }) => (fieldText(object, path) === value) === equal);
}

function fieldText(object: KubeObject, path: readonly string[]): string {
  let value: unknown = object;
  for (const step of path) value = (value as Record<string, unknown> | null | undefined)?.[step];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

const operators = ['in', 'notin', '=', '==', '!=', 'gt', 'lt'];
const symbols = new Set(['(', ')', ',', '!', '=', '==', '!=', '<', '>']);

/** A parser of its own, because its refusals quote the token that it stumbled over. */
class LabelSelectorParser {
  /** An empty token is the end. */
  private readonly tokens: readonly string[];
  private position = 0;

  constructor(text: string) {
    this.tokens = [...text.matchAll(/==|!=|[(),!=<>]|[^\s(),!=<>]+/g)].map(([token]) => token);
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const next = this.peek();
      if (next === '') return requirements;
      if (symbols.has(next) && next !== '!')
        throw badRequest(`found '${next}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.requirement());
      const separator = this.take();
      if (separator === '') return requirements;
      if (separator !== ',') throw badRequest(`found '${separator}', expected: ',' or 'end of string'`);
      const after = this.peek();
      if (after === '' || (symbols.has(after) && after !== '!')) {
        throw badRequest(`found '${after}', expected: identifier after ','`);
      }
    }
  }

  private requirement(): Requirement {
    const isAbsent = this.peek() === '!';
    if (isAbsent) this.take();
    const key = this.take();
    if (key === '' || symbols.has(key)) throw refused(`found '${key}', expected: identifier`);
    const wrong = wrongKey(key);
    if (wrong) throw refused(`<nil>: Invalid value: ${JSON.stringify(key)}: ${wrong}`);
    const next = this.peek();
    if (isAbsent) return (labels) => !(key in labels);
    if (next === '' || next === ',') return (labels) => key in labels;
    const operator = this.take();
    if (operator === 'in' || operator === 'notin') {
      const values = this.list();
      checkValues(key, values);
      const isIn = (labels: Readonly<Record<string, string>>): boolean =>
        key in labels && values.includes(labels[key] ?? '');
      return operator === 'in' ? isIn : (labels) => !isIn(labels);
    }
    if (operator === '>' || operator === '<') return this.comparison(key, operator);
    if (operator !== '=' && operator !== '==' && operator !== '!=') {
      throw refused(`found '${operator}', expected: ${operators.join(', ')}`);
    }
    const value = this.value();
    checkValues(key, [value]);
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }

  private comparison(key: string, operator: '<' | '>'): Requirement {
    const value = this.value();
    if (!/^-?\d+$/.test(value)) {
      throw refused(
        `values[0]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    }
    return (labels) => {
      const actual = labels[key] ?? '';
      if (!/^-?\d+$/.test(actual)) return false;
      return operator === '>' ? Number(actual) > Number(value) : Number(actual) < Number(value);
    };
  }

  private value(): string {
    const next = this.peek();
    if (next === '' || next === ',') return '';
    this.take();
    if (symbols.has(next)) throw refused(`found '${next}', expected: identifier`);
    return next;
  }

  private list(): string[] {
    const open = this.take();
    if (open !== '(') throw refused(`found '${open}' expected: '('`);
    const values: string[] = [];
    let expectsValue = true;
    for (;;) {
      const token = this.take();
      if (token === ')') return expectsValue ? [...values, ''] : values;
      if (token === ',' && !expectsValue) expectsValue = true;
      else if (token === ',') values.push('');
      else if (expectsValue && token !== '' && !symbols.has(token)) {
        values.push(token);
        expectsValue = false;
      } else throw refused(`found '${token}', expected: ${expectsValue ? "',', ')' or identifier" : "',' or ')'"}`);
    }
  }

  private peek(): string {
    return this.tokens[this.position] ?? '';
  }

  private take(): string {
    const token = this.peek();
    this.position += 1;
    return token;
  }
}

function checkValues(key: string, values: readonly string[]): void {
  values.forEach((value, index) => {
    const wrong = wrongLabelValue(value);
    if (wrong) throw refused(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${wrong}`);
  });
}

function refused(why: string): Error {
  return badRequest(`unable to parse requirement: ${why}`);
}
