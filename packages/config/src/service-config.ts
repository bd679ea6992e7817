import { configPart } from './config-part.ts'
import { withDefault } from './setting.ts'
import { integer, oneOf } from './setting-types.ts'

/** What every long-running process has. */
export const serviceConfig = configPart('Process', {
  logLevel: withDefault(
    'LOG_LEVEL',
    oneOf('debug', 'info', 'warn', 'error', 'silent'),
    'info',
    'Least severe line that is logged.',
  ),
  shutdownTimeoutMs: withDefault(
    'SHUTDOWN_TIMEOUT_MS',
    integer(0, 600_000),
    '20000',
    'Longest ordered shutdown; keep it below the grace period of whatever stops the process.',
  ),
})
