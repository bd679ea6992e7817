import type { Logger } from '@interchange/messaging'
import { context, trace } from '@opentelemetry/api'
import { type DestinationStream, destination, pino, stdSerializers } from 'pino'
import { correlationOf } from './correlation.ts'
import { logFields } from './telemetry-names.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface LoggerOptions {
  readonly name: string
  readonly version?: string
  readonly level: LogLevel
  /** Default: standard output, written synchronously so that the last line before an exit is there. */
  readonly destination?: DestinationStream
}

/** JSON lines that carry the trace, span and correlation id of whatever is going on. Never give it payload. */
export const createLogger = ({ name, version, level, destination: given }: LoggerOptions): Logger => {
  const options = {
    level,
    base: { service: name, ...(version !== undefined && { version }), pid: process.pid },
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: stdSerializers.errWithCause, err: stdSerializers.errWithCause },
    redact: { paths: ['password', '*.password', 'authorization', '*.authorization'], censor: '[redacted]' },
    mixin: activeIds,
  }
  // Said here, for pino's own default is asynchronous: at an exit the last lines would overtake one under way, or be lost.
  return pino(options, given ?? destination({ dest: 1, sync: true }))
}

const activeIds = (): Record<string, string> => {
  const active = context.active()
  const span = trace.getSpanContext(active)
  const correlationId = correlationOf(active)
  return {
    ...(span !== undefined && { [logFields.traceId]: span.traceId, [logFields.spanId]: span.spanId }),
    ...(correlationId !== undefined && { [logFields.correlationId]: correlationId }),
  }
}
