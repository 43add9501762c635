import { type ValidationError, validateSync } from 'class-validator';

import { ConfigurationError, type VariableIssue } from './configuration-error.js';
import { convertVariable } from './convert-variable.js';
import { type ConfigClass, type DeclaredVariable, variablesOf } from './variable.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface LoadConfigOptions {
  /** Whether `required: 'production'` applies. Default: NODE_ENV of the given environment is `production`. */
  production?: boolean;
  /** Named in the error's first line. Default: `Slipway`. */
  subject?: string;
}

/**
 * Reads the variables that a configuration class declares, converts and validates them and applies the defaults.
 * An empty variable counts as absent, as compose files and charts pass them. The result is frozen.
 *
 * @throws ConfigurationError naming every variable that is wrong
 */
export function loadConfig<T extends object>(
  Class: ConfigClass<T>,
  env: Environment,
  options: LoadConfigOptions = {},
): Readonly<T> {
  const { config, issues } = readConfig(Class, env, options.production ?? isProduction(env));
  if (issues.length > 0) throw new ConfigurationError(issues, options.subject);
  return config;
}

export function isProduction(env: Environment): boolean {
  return env.NODE_ENV === 'production';
}

/** Like `loadConfig`, for callers that report the issues of several classes together. `warnings`: sentences for the log of a start. */
export function readConfig<T extends object>(
  Class: ConfigClass<T>,
  env: Environment,
  production: boolean,
): { config: Readonly<T>; issues: VariableIssue[]; warnings: string[] } {
  const config = new Class();
  const variables = variablesOf(Class);
  const issues: VariableIssue[] = [];
  const settled = new Set<string>();
  for (const variable of variables) {
    const value = readVariable(variable, env, production);
    if ('issue' in value) {
      issues.push({ variable: variable.name, text: value.issue });
      settled.add(variable.property);
      continue;
    }
    if (value.value === undefined) settled.add(variable.property);
    else Reflect.set(config, variable.property, value.value);
  }
  // A property that was already reported, or is optional and absent, has no value for the validators to judge.
  for (const error of validateSync(config, { forbidUnknownValues: false })) {
    const variable = variables.find(({ property }) => property === error.property);
    if (variable && !settled.has(variable.property)) {
      issues.push({ variable: variable.name, text: describeViolation(error, variable, env) });
    }
  }
  const order = variables.map(({ name }) => name);
  issues.sort((a, b) => order.indexOf(a.variable) - order.indexOf(b.variable));
  const warnings = production ? variables.filter((variable) => isLeftSo(variable, env)).map(placeholderText) : [];
  return { config: Object.freeze(config), issues, warnings };
}

function isLeftSo({ name, placeholder }: DeclaredVariable, env: Environment): boolean {
  return placeholder === true && isAbsent(env[name]);
}

function placeholderText({ name, default: value, description }: DeclaredVariable): string {
  return `${name} is not set, and its default, ${JSON.stringify(value)}, is only a placeholder. ${description}`;
}

/** An empty variable counts as absent. */
export function isAbsent(text: string | undefined): text is undefined {
  return text === undefined || text.trim() === '';
}

function readVariable(
  variable: DeclaredVariable,
  env: Environment,
  production: boolean,
): { value: unknown } | { issue: string } {
  const text = env[variable.name];
  if (isAbsent(text)) {
    if (variable.required === 'production' && production) {
      return { issue: `is not set, and production has no default for it. ${variable.description}` };
    }
    if (variable.default === undefined && variable.required === 'always') {
      return { issue: `is not set. ${variable.description}` };
    }
    return { value: variable.default };
  }
  if (variable.development && production) return { issue: `may not be set in production. ${variable.description}` };
  const converted = convertVariable(variable.type, text);
  return converted.ok
    ? { value: converted.value }
    : { issue: `has to be ${converted.expected}${butIs(variable, text)}. ${variable.description}` };
}

// class-validator begins its messages with the property's name, which whoever sets the variable has never seen; a parser with that of
// the variable, which the line has already.
function describeViolation(error: ValidationError, variable: DeclaredVariable, env: Environment): string {
  const rules = Object.values(error.constraints ?? {}).map((message) => {
    const prefix = [`${error.property} `, `${variable.name}: `, `${variable.name} `].find((start) =>
      message.startsWith(start),
    );
    return message.slice(prefix?.length ?? 0);
  });
  const nested = rules.length === 0 ? ['is malformed'] : rules;
  return `${nested.join(' and ')}${butIs(variable, env[variable.name])}. ${variable.description}`;
}

function butIs(variable: DeclaredVariable, text: string | undefined): string {
  return variable.secret || text === undefined ? '' : `, but is ${JSON.stringify(text)}`;
}
