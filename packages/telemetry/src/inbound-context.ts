import { type HeaderBlock, traceHeaders } from '@interchange/messaging'
import { type Context, propagation, ROOT_CONTEXT, type TextMapGetter } from '@opentelemetry/api'

/**
 * What a record's headers say about sampling without building anything: reads one character of `traceparent`
 * (version-traceid-spanid-flags).
 */
export const inboundSampling = (inbound: HeaderBlock): 'sampled' | 'unsampled' | 'absent' => {
  const digit = readable(inbound)
  if (digit === undefined) return 'absent'
  return oddHexDigits.has(digit) ? 'sampled' : 'unsampled'
}

/** The sender's trace context and baggage. Two different `traceparent` headers are nobody's: both are ignored. */
export const inboundContext = (inbound: HeaderBlock): Context => {
  const carrier = new Map<string, string>()
  let contradiction = false
  for (const { name, value } of inbound.entries()) {
    if (value === null || !carriedNames.has(name)) continue
    const text = value.toString('utf8')
    contradiction ||= name === traceHeaders.traceparent && (carrier.get(name) ?? text) !== text
    carrier.set(name, text)
  }
  return contradiction ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, carrier, getter)
}

const flagsPlace = 54
const oddHexDigits = new Set(Buffer.from('13579bdfBDF'))
const carriedNames = new Set<string>(Object.values(traceHeaders))

const getter: TextMapGetter<Map<string, string>> = {
  keys: (carrier) => [...carrier.keys()],
  get: (carrier, name) => carrier.get(name),
}

/** Headers that cannot be read carry no context; the kernel refuses such a record itself. */
const readable = (inbound: HeaderBlock): number | undefined => {
  try {
    return inbound.byteAt(traceHeaders.traceparent, flagsPlace)
  } catch {
    return undefined
  }
}
