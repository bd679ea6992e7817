/** `key=value,key=value` with percent-encoded values, as `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_EXPORTER_OTLP_HEADERS` have it. */
export const keyValueList = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(',').flatMap((pair) => {
      const middle = pair.indexOf('=')
      if (middle < 1) return []
      return [[pair.slice(0, middle).trim(), decoded(pair.slice(middle + 1).trim())]]
    }),
  )

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    // Not percent-encoded: it stands for itself.
    return text
  }
}
