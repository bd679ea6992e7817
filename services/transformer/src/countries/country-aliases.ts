import { readFileSync } from 'node:fs'
import { InterchangeError } from '@interchange/messaging'
import { z } from 'zod'
import { type Countries, createCountries } from './countries.ts'
import { isCountryCode } from './iso-3166.ts'

const aliasesShape = z.record(
  z.string(),
  z.string().refine(isCountryCode, 'not an ISO 3166-1 alpha-2 code in capitals'),
)

/** The aliases this service ships with. */
export const shippedAliasesFile: URL = new URL('../../mappings/country-aliases.json', import.meta.url)

/**
 * Reads a file `{"EIRE": "IE", …}`. Throws `ICX_CONFIG_INVALID`, class `fatal`, naming the file and every wrong entry: a
 * service must not start with half a mapping.
 */
export const loadCountries = (file: string | URL): Countries => {
  try {
    const aliases = aliasesShape.safeParse(JSON.parse(readFileSync(file, 'utf8')))
    if (!aliases.success) throw new Error(problemsOf(aliases.error))
    return createCountries(aliases.data)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new InterchangeError('ICX_CONFIG_INVALID', `country aliases ${file}: ${reason}`, {
      class: 'fatal',
      cause,
      facts: { file: String(file) },
    })
  }
}

const problemsOf = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => `${JSON.stringify(path.join('.'))}: ${message}`).join('; ')
