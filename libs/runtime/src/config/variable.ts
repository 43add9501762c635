import 'reflect-metadata';

export type VariableType = 'string' | 'integer' | 'boolean' | 'list' | 'keyValueList';

/** One entry of a variable of type `keyValueList`, written as `key:value,key:value`; the order is kept. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

export type VariableValue = string | number | boolean | readonly string[] | readonly KeyValue[];

export interface VariableOptions {
  /** How the text of the environment becomes a value. Default: `string`. */
  type?: VariableType;
  /** Used when the variable is absent or empty. None by default: the property is then undefined. */
  default?: VariableValue;
  /** The value is never printed: not in an error, not in the README's table. Default: false. */
  secret?: boolean;
  /** One sentence for the README's table, and for the error when the variable is missing. */
  description: string;
  /**
   * `always`: there has to be a value. `production`: there has to be one when NODE_ENV is `production`, so that a
   * `default` serves development only. Default: optional.
   */
  required?: 'always' | 'production';
  /** To try things out: production refuses a value. Default: false. */
  development?: boolean;
  /** The default is somebody else's or nobody's: production says once at start that it was left so. Default: false. */
  placeholder?: boolean;
}

export interface DeclaredVariable extends VariableOptions {
  readonly name: string;
  readonly property: string;
  readonly type: VariableType;
}

export type ConfigClass<T extends object> = new () => T;

const VARIABLES = Symbol('slipway:variables');

/** Binds a property of a configuration class to a variable of the environment. */
export function Variable(name: string, options: VariableOptions): PropertyDecorator {
  return (target, property) => {
    const declared: DeclaredVariable = { ...options, name, property: String(property), type: options.type ?? 'string' };
    Reflect.defineMetadata(VARIABLES, [...ownVariables(target), declared], target);
  };
}

/** The variables of a configuration class in the order of their declaration, inherited ones first. */
export function variablesOf(Class: ConfigClass<object>): readonly DeclaredVariable[] {
  const levels: DeclaredVariable[][] = [];
  let level = Class.prototype as object | null;
  while (level !== null) {
    levels.unshift(ownVariables(level));
    level = Object.getPrototypeOf(level) as object | null;
  }
  return levels.flat();
}

function ownVariables(target: object): DeclaredVariable[] {
  return (Reflect.getOwnMetadata(VARIABLES, target) as DeclaredVariable[] | undefined) ?? [];
}
