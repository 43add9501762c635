import { type ConfigClass, type DeclaredVariable, variablesOf } from './variable.js';

/** A row of the README's table of variables. */
export interface VariableRow {
  readonly name: string;
  readonly type: string;
  /** Text of the default as it would stand in the environment; empty when there is none or the variable is secret. */
  readonly default: string;
  readonly required: 'always' | 'in production' | 'no';
  readonly secret: boolean;
  readonly description: string;
}

/** The rows of the README's generated table, in the order of declaration. */
export function describeConfig(Class: ConfigClass<object>): VariableRow[] {
  return variablesOf(Class).map((variable) => ({
    name: variable.name,
    type: TYPE_TEXT[variable.type],
    default: variable.secret ? '' : textOf(variable.default),
    required: requiredText(variable),
    secret: variable.secret ?? false,
    description: variable.description,
  }));
}

const TYPE_TEXT = {
  string: 'text',
  integer: 'integer',
  boolean: 'true or false',
  list: 'list, divided by commas',
  keyValueList: '`key:value` list, divided by commas',
} as const;

function requiredText(variable: DeclaredVariable): VariableRow['required'] {
  if (variable.required === 'production') return 'in production';
  return variable.required === 'always' && variable.default === undefined ? 'always' : 'no';
}

function textOf(value: DeclaredVariable['default']): string {
  if (value === undefined) return '';
  if (typeof value !== 'object') return String(value);
  return value.map((entry) => (typeof entry === 'string' ? entry : `${entry.key}:${entry.value}`)).join(',');
}
