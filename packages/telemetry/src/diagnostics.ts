import type { Logger } from '@interchange/messaging'
import type { DiagLogger } from '@opentelemetry/api'

/** Distinct complaints that are remembered; beyond them everything is new again. */
const complaintsMax = 64

/** The SDK's own complaints as log lines, each said once: a collector that is down, or takes no metrics, is no news twice. */
export const diagnostics = (logger: Logger): DiagLogger => {
  const said = new Set<string>()
  const quiet = (): void => undefined
  const say = (message: string): void => {
    const text = firstLine(message).slice(0, 500)
    if (said.has(text)) return
    if (said.size >= complaintsMax) said.clear()
    said.add(text)
    logger.warn({ source: 'opentelemetry' }, text)
  }
  return { error: say, warn: say, info: quiet, debug: quiet, verbose: quiet }
}

/** The SDK reports errors as JSON text of their fields, the stack among them. */
const firstLine = (message: string): string => {
  const stack = /^\{"stack":"(.*?)(?:\\n|")/.exec(message)?.[1]
  return stack ?? message.split('\n', 1)[0] ?? message
}
