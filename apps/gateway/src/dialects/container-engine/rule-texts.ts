// How this dialect words the rules of fields. Texts of other rules follow the style of the documented ones.
import type { Issue } from '@slipway/contracts';

/** One field that breaks a rule, in this dialect's words. */
export interface FieldIssue {
  /** Dotted; empty for the body as a whole. */
  readonly path: string;
  readonly kind: Issue['kind'];
  readonly text: string;
}

export function wordIssue(issue: Issue): FieldIssue {
  return { path: issue.path, kind: issue.kind, text: textOf(issue) };
}

/** `email: is required; port: must be an integer` */
export function detailsOf(issues: readonly FieldIssue[]): string {
  return issues.map(({ path, text }) => (path === '' ? text : `${path}: ${text}`)).join('; ');
}

export function rangeText(min: number, max: number): string {
  return max >= Number.MAX_SAFE_INTEGER ? `must be at least ${min}` : `must be between ${min} and ${max}`;
}

function textOf({ rule, params = {} }: Issue): string {
  switch (rule) {
    case 'required':
      return 'is required';
    case 'string':
      return 'must be a string';
    case 'integer':
      return 'must be an integer';
    case 'boolean':
      return 'must be a boolean';
    case 'object':
      return params.maxDepth === undefined
        ? 'must be an object'
        : `must not nest deeper than ${Number(params.maxDepth)} levels`;
    case 'array':
      return 'must be an array';
    case 'array_of_strings':
      return 'must be an array of strings';
    case 'object_of_strings':
      return 'must be an object of strings';
    case 'one_of':
      return `must be one of ${[params.values ?? []].flat().join(', ')}`;
    case 'length':
      return lengthText(Number(params.min), Number(params.max));
    case 'range':
      return rangeText(Number(params.min), Number(params.max));
    case 'count':
      return `must have at most ${Number(params.max)} entries`;
    case 'pattern':
      return `must match ${String(params.pattern)}`;
    case 'characters':
      return 'must not contain NUL or half of a surrogate pair';
    case 'email':
      return 'must be an email address';
    case 'time':
      return 'must be an RFC 3339 time';
    case 'future':
      return 'must be in the future';
    case 'url':
      return 'must be a URL';
    case 'accessible':
      return 'cannot be pulled';
    case 'uuid':
      return 'must be a UUID';
    case 'dns_label':
      return 'must be a DNS-1123 label';
    case 'variable_name':
      return 'must be the name of a variable';
    case 'image':
      return 'must be an image reference';
    case 'quantity':
      return 'must be a Kubernetes quantity';
    case 'leading_slash':
      return 'must begin with "/"';
    case 'bytes':
      return `must be below ${Number(params.max)} bytes`;
    case 'unchangeable':
      return 'cannot be changed';
    case 'reserved':
      return 'is reserved';
    case 'two_labels':
      return 'must have at least 2 labels';
    case 'unknown_email':
      return 'is unknown';
    case 'wrong_password':
      return 'is wrong';
    case 'reset_token':
      return 'is invalid or expired';
  }
}

function lengthText(min: number, max: number): string {
  return min === 0 ? `must have at most ${max} characters` : `must have ${min} to ${max} characters`;
}
