import { fieldsOf, type Class, type Field } from './fields.js';

/** JSON Schema (2020-12) of a declared class, nested classes written out. The source of the snapshots and of the OpenAPI document. */
export function jsonSchemaOf(target: Class<object>): Record<string, unknown> {
  const fields = fieldsOf(target);
  const required = fields.filter((field) => !field.optional).map((field) => field.name);
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, schemaOfField(field)])),
    ...(required.length > 0 ? { required } : {}),
  };
}

function schemaOfField(field: Field): Record<string, unknown> {
  const nested = field.nested && jsonSchemaOf(field.nested());
  const schema = nested ? (field.list ? { ...field.schema, items: nested } : nested) : { ...field.schema };
  const admitted = field.optional ? orNull(schema) : schema;
  return field.sealed ? { ...admitted, 'x-sealed': true } : admitted;
}

// What may be absent may be null too.
function orNull({ type, enum: values, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return { ...rest, type: [type, 'null'], ...(Array.isArray(values) && { enum: [...(values as unknown[]), null] }) };
}

/** Whether any field of the class, however deep, is sealed. */
export function hasSealedField(target: Class<object>): boolean {
  return fieldsOf(target).some(
    (field) => field.sealed || (field.nested !== undefined && hasSealedField(field.nested())),
  );
}
