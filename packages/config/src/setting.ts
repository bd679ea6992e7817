import type { z } from 'zod'

/** One environment variable: its name, what it may hold, and what it is for. */
export interface Setting<Value> {
  readonly env: string
  /** Reads the text of the variable. Its `description` says what is expected, for the table of problems and the docs. */
  readonly type: z.ZodType<Value, string>
  readonly description: string
  /** What stands when the variable is unset, written as it would be in the environment. */
  readonly fallback: string | undefined
  readonly required: boolean
  /** Never printed; may also come from the file that `<env>_FILE` names. */
  readonly secret: boolean
}

/** A variable that must be set. */
export const required = <Value>(env: string, type: z.ZodType<Value, string>, description: string): Setting<Value> => ({
  env,
  type,
  description,
  fallback: undefined,
  required: true,
  secret: false,
})

/** A variable that may be unset; its value is then undefined. */
export const optional = <Value>(
  env: string,
  type: z.ZodType<Value, string>,
  description: string,
): Setting<Value | undefined> => ({ ...required<Value | undefined>(env, type, description), required: false })

/** A variable that stands for `fallback` when it is unset. */
export const withDefault = <Value>(
  env: string,
  type: z.ZodType<Value, string>,
  fallback: string,
  description: string,
): Setting<Value> => ({ ...required(env, type, description), fallback, required: false })

/** The same variable, never printed and readable from the file that `<env>_FILE` names. */
export const secret = <Value>(setting: Setting<Value>): Setting<Value> => ({ ...setting, secret: true })
