import type { Logger } from '@interchange/messaging'
import type { LoggerService } from '@nestjs/common'

/** Nest's own lines through our logger; what it says about modules and routes is `debug`. */
export const nestLogger = (logger: Logger): LoggerService => ({
  log: (message: unknown, ...rest: unknown[]) => logger.debug({ source: sourceOf(rest) }, String(message)),
  verbose: (message: unknown, ...rest: unknown[]) => logger.debug({ source: sourceOf(rest) }, String(message)),
  debug: (message: unknown, ...rest: unknown[]) => logger.debug({ source: sourceOf(rest) }, String(message)),
  warn: (message: unknown, ...rest: unknown[]) => logger.warn({ source: sourceOf(rest) }, String(message)),
  error: (message: unknown, ...rest: unknown[]) =>
    logger.error({ source: sourceOf(rest), ...(message instanceof Error && { error: message }) }, String(message)),
})

const sourceOf = (rest: readonly unknown[]): string => {
  const last = rest.at(-1)
  return typeof last === 'string' && !last.includes('\n') ? last : 'nest'
}
