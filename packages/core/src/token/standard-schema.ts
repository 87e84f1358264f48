/** The part of a Standard Schema (standardschema.dev, version 1) that is used here: zod, valibot, arktype and others. */
export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardSchemaResult | Promise<StandardSchemaResult>
  }
}

interface StandardSchemaResult {
  readonly issues?: readonly unknown[] | undefined
}

/** Whether `value` satisfies the schema. The output of the schema is not used. */
export async function satisfies(schema: StandardSchema, value: unknown): Promise<boolean> {
  const { issues } = await schema['~standard'].validate(value)
  return issues === undefined
}

/** Whether a value from outside the type system is a schema. Some libraries' schemas are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  const standard: unknown = (value as Partial<StandardSchema> | null | undefined)?.['~standard']
  return typeof standard === 'object' && standard !== null && 'validate' in standard
}
