import type { Logger } from '@interchange/messaging'

/** Ends the process once, in order and in time, whatever the reason. */
export interface ProcessGuard {
  /** First on the way down: the application. */
  beforeShutdown(close: () => Promise<void>): void
  /** Last: what logs and exports. Given the time that is left. */
  onShutdown(close: (leftMs: number) => Promise<void>): void
  /** The process cannot go on: shuts down and exits with 1. */
  readonly fail: (error: unknown) => void
}

/** Takes SIGTERM, SIGINT, rejections nobody handled and exceptions nobody caught. A second signal exits at once. */
export const createProcessGuard = ({
  logger,
  shutdownTimeoutMs,
}: {
  readonly logger: Logger
  readonly shutdownTimeoutMs: number
}): ProcessGuard => {
  let closeApplication: () => Promise<void> = async () => undefined
  let closeTelemetry: (leftMs: number) => Promise<void> = async () => undefined
  let exitCode: number | undefined

  const end = async (code: number): Promise<void> => {
    const untilMs = performance.now() + shutdownTimeoutMs
    const timer = setTimeout(() => {
      logger.error({ shutdownTimeoutMs }, 'shutdown took too long')
      process.exit(1)
    }, shutdownTimeoutMs + telemetryGraceMs)
    timer.unref()
    try {
      await closeApplication()
    } catch (error) {
      logger.error({ error }, 'shutdown failed')
      exitCode = 1
    }
    await closeTelemetry(Math.max(telemetryGraceMs / 2, untilMs - performance.now()))
    logger.info({ exitCode: exitCode ?? code }, 'stopped')
    process.exit(exitCode ?? code)
  }

  const begin = (code: number): void => {
    if (exitCode !== undefined) {
      exitCode = Math.max(exitCode, code)
      return
    }
    exitCode = code
    void end(code)
  }

  const fail = (error: unknown): void => {
    logger.error({ error }, 'cannot go on')
    begin(1)
  }
  process.on('unhandledRejection', (error) => {
    logger.error({ error }, 'a rejection nobody handled')
    begin(1)
  })
  process.on('uncaughtException', (error) => {
    logger.error({ error }, 'an exception nobody caught')
    begin(1)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (exitCode !== undefined) process.exit(signal === 'SIGINT' ? 130 : 143)
      logger.info({ signal, shutdownTimeoutMs }, 'shutting down')
      begin(0)
    })
  }

  return {
    beforeShutdown(close) {
      closeApplication = close
    },
    onShutdown(close) {
      closeTelemetry = close
    },
    fail,
  }
}

/** Beyond the shutdown's own time, so that the last spans and the last line get out. */
const telemetryGraceMs = 2_000
