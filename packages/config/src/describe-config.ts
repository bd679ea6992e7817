import type { AnyConfigPart } from './read-config.ts'
import type { Setting } from './setting.ts'

/** One row of `docs/reference/config.md`. */
export interface ConfigRow {
  readonly part: string
  readonly env: string
  readonly expects: string
  /** As it would stand in the environment; `required` and `unset` in words. */
  readonly fallback: string
  /** Readable from `<env>_FILE` as well, and never printed. */
  readonly secret: boolean
  readonly description: string
}

/** Every variable of `parts` in their order, for the docs and for whoever checks them. */
export const describeConfig = (parts: readonly AnyConfigPart[]): readonly ConfigRow[] =>
  parts.flatMap((part) =>
    Object.values<Setting<unknown>>(part.settings).map((setting) => ({
      part: part.title,
      env: setting.env,
      expects: setting.type.description ?? 'text',
      fallback: setting.fallback ?? (setting.required ? 'required' : 'unset'),
      secret: setting.secret,
      description: setting.description,
    })),
  )
