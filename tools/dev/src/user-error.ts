/** A failure that one sentence explains: it is shown without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
}
