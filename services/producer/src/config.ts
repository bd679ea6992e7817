import { configPart, integer, required, secret, text, withDefault } from '@interchange/config'
import { z } from 'zod'
import { ingestToken } from './http/bearer-token.ts'

const tokens = z
  .string()
  .describe('bearer tokens of at least 16 characters, comma-separated')
  .regex(/^\s*[\x21-\x2b\x2d-\x7e]{16,512}\s*(,\s*[\x21-\x2b\x2d-\x7e]{16,512}\s*)*$/)
  .transform((written) => written.split(',').map((token) => ingestToken(token.trim())))

/** What the producer adds to the settings that every service has. */
export const producerConfig = configPart('Producer', {
  webhookSecret: secret(required('SHOP_WEBHOOK_SECRET', text(), 'Secret the shop signs its webhooks with.')),
  tokens: secret(required('INGEST_TOKENS', tokens, 'Tokens that may send imports.')),
  spoolDir: withDefault(
    'SPOOL_DIR',
    text(),
    '.interchange/spool',
    'Folder for uploads that wait and for reject files.',
  ),
  publishDeadlineMs: withDefault(
    'PUBLISH_DEADLINE_MS',
    integer(100, 60_000),
    '5000',
    'A webhook is answered 503 when Kafka has not confirmed its event by then.',
  ),
  importBytesMax: withDefault(
    'IMPORT_BYTES_MAX',
    integer(1_024, 4_294_967_296),
    '268435456',
    'Largest import, in unpacked bytes.',
  ),
  importTimeoutMs: withDefault(
    'IMPORT_BODY_TIMEOUT_MS',
    integer(100, 3_600_000),
    '600000',
    'Longest time an import may take to arrive.',
  ),
  importLeaseMs: withDefault(
    'IMPORT_LEASE_MS',
    integer(1_000, 600_000),
    '10000',
    'An import whose process has been silent for this long is taken over.',
  ),
  progressGroup: withDefault(
    'PROGRESS_GROUP',
    text(),
    'producer-progress',
    'Consumer group that reads along behind Kafka; producers with one database share one.',
  ),
  webhooksPerMinuteMax: withDefault(
    'WEBHOOKS_PER_MINUTE_MAX',
    integer(1, 10_000_000),
    '60000',
    'Webhooks of one shop per minute and process; more are answered 429.',
  ),
  importsPerMinuteMax: withDefault(
    'IMPORTS_PER_MINUTE_MAX',
    integer(1, 10_000_000),
    '600',
    'Import requests of one token per minute and process; more are answered 429.',
  ),
})
