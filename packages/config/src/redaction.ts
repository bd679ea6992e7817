const inspect = Symbol.for('nodejs.util.inspect.custom')

/** What stands in the place of a secret. */
export const redactedText = '[redacted]'

/** A frozen copy of `values` that shows neither the named secrets nor passwords inside URLs when printed or serialised. */
export const redactable = <Values extends object>(values: Values, secrets: ReadonlySet<string>): Readonly<Values> => {
  const shown = (): Record<string, unknown> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, redact(name, value, secrets)]))
  return Object.freeze(
    Object.defineProperties({ ...values }, { toJSON: { value: shown }, [inspect]: { value: shown } }) as Values,
  )
}

const redact = (name: string, value: unknown, secrets: ReadonlySet<string>): unknown => {
  if (value === undefined) return undefined
  if (typeof value === 'string') {
    const url = value.includes('://') ? URL.parse(value) : null
    if (url !== null && url.password !== '') {
      url.password = 'redacted'
      return url.href
    }
    if (url !== null && secrets.has(name) && url.search === '') return value
  }
  return secrets.has(name) ? redactedText : value
}
