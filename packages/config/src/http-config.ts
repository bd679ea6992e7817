import { configPart } from './config-part.ts'
import { withDefault } from './setting.ts'
import { integer, text } from './setting-types.ts'

/** The HTTP side of a service. */
export const httpConfig = configPart('HTTP', {
  host: withDefault('HOST', text(), '127.0.0.1', 'Address to listen on; 0.0.0.0 in a container.'),
  port: withDefault('PORT', integer(0, 65_535), '3000', 'Port to listen on; 0 takes a free one.'),
  bodyBytesMax: withDefault('HTTP_BODY_BYTES_MAX', integer(1_024, 104_857_600), '1048576', 'Largest request body.'),
  requestTimeoutMs: withDefault(
    'HTTP_REQUEST_TIMEOUT_MS',
    integer(100, 600_000),
    '30000',
    'Longest time a client may take to send a whole request.',
  ),
})
