import { jsonSchemaOf, operations, type Operation } from '@slipway/contracts';

/** Path from the root of the repository → text. */
export type Files = Map<string, string>;

/** The frozen shape of each message: a change that is not a new optional field is refused once there is a release. */
export function schemaSnapshots(): Files {
  return new Map(
    operations.map((operation) => [
      `libs/contracts/snapshots/${operation.subject}.schema.json`,
      `${JSON.stringify(schemasOf(operation), null, 2)}\n`,
    ]),
  );
}

function schemasOf(operation: Operation): object {
  if (operation.kind === 'event') return { payload: jsonSchemaOf(operation.payload) };
  return { input: jsonSchemaOf(operation.input), output: operation.output && jsonSchemaOf(operation.output) };
}
