import { ValidateBy, type ValidationArguments } from 'class-validator';

/**
 * A rule that class-validator does not have: `check` throws when the value is wrong, and its message says what is wrong in words that
 * follow the variable's name. It never holds a secret's value. `config` is the object as read so far, for what only makes sense together.
 */
export function CheckedBy<V, C extends object>(check: (value: V, config: C) => unknown): PropertyDecorator {
  const fault = (value: unknown, args?: ValidationArguments): string => {
    try {
      check(value as V, args?.object as C);
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  return ValidateBy({
    name: 'checkedBy',
    validator: {
      validate: (value, args) => fault(value, args) === '',
      defaultMessage: (args) => fault(args?.value, args),
    },
  });
}

/** What stands in examples for a secret, and that everybody can read there. */
const PLACEHOLDER = /change[\s_-]?(?:me|this|it)|your[\s_-].*(?:secret|key)|placeholder|example|sample/i;

/** As long as a key has to be, in bytes, where `MinLength` counts characters; and none that was copied from an example. */
export function SecretText(leastBytes: number): PropertyDecorator {
  return CheckedBy((text: string) => {
    if (Buffer.byteLength(text) < leastBytes) throw new Error(`must have at least ${leastBytes} bytes`);
    if (PLACEHOLDER.test(text)) throw new Error('must be a secret of your own, not the words of an example');
  });
}

/** A rule for a text, or for every entry of a list. */
export function Fits(holds: (text: string) => boolean, message: string): PropertyDecorator {
  return CheckedBy((value: string | readonly string[]) => {
    if (![value].flat().every(holds)) throw new Error(message);
  });
}
