import { badRequest } from './status-error.js';
import type { Kind } from './kinds.js';
import type { KubeObject, LabelSelector } from './objects.js';

export type Matcher = (object: KubeObject) => boolean;

/** Parses `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Throws a 400 that names the selector. */
export function parseLabelSelector(text: string): Matcher {
  const requirements = splitOutsideParentheses(text).map((part) => parseRequirement(part, text));
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
      const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part);
      if (!match) throw badRequest(`invalid field selector: "${text}"; can't understand '${part}'`);
      const [, field = '', operator, value = ''] = match;
      if (field !== 'metadata.name' && field !== 'metadata.namespace' && !kind.fields.includes(field)) {
        throw badRequest(`field label not supported: ${field}`);
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

function splitOutsideParentheses(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function parseRequirement(part: string, whole: string): (labels: Record<string, string>) => boolean {
  const key = '([A-Za-z0-9][-A-Za-z0-9_./]*)';
  const inSet = new RegExp(`^${key}\\s+(in|notin)\\s*\\(([^)]*)\\)$`).exec(part);
  if (inSet) {
    const [, label = '', operator, list = ''] = inSet;
    const values = list.split(',').map((value) => value.trim());
    return operator === 'in'
      ? (labels) => label in labels && values.includes(labels[label] ?? '')
      : (labels) => !values.includes(labels[label] ?? '') || !(label in labels);
  }
  const equality = new RegExp(`^${key}\\s*(==|=|!=)\\s*([-A-Za-z0-9_.]*)$`).exec(part);
  if (equality) {
    const [, label = '', operator, value = ''] = equality;
    return operator === '!=' ? (labels) => labels[label] !== value : (labels) => labels[label] === value;
  }
  const existence = new RegExp(`^(!?)\\s*${key}$`).exec(part);
  if (existence) {
    const [, absent, label = ''] = existence;
    return (labels) => label in labels === (absent === '');
  }
  throw badRequest(`unable to parse requirement: found '${part}' in the label selector "${whole}"`);
}
