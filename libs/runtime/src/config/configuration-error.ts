/** What is wrong with one variable, in words that never hold a secret's value. */
export interface VariableIssue {
  readonly variable: string;
  readonly text: string;
}

/** Everything that is wrong with a configuration, told at once, so that one restart is enough to put it right. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(
    readonly issues: readonly VariableIssue[],
    subject = 'Slipway',
  ) {
    const width = Math.max(...issues.map(({ variable }) => variable.length));
    const lines = issues.map(({ variable, text }) => `  ${variable.padEnd(width)}  ${text}`);
    const count = issues.length === 1 ? 'one variable needs' : `${issues.length} variables need`;
    super([`${subject} cannot start with this environment; ${count} attention:`, ...lines].join('\n'));
  }
}
