import { createHmac, timingSafeEqual } from 'node:crypto'

/** True when `header` is the base64 HMAC-SHA256 of `body` under `secret`, to the letter. The comparison takes constant time. */
export const hmacMatches = (secret: string, body: Uint8Array, header: string | undefined): boolean => {
  const given = Buffer.from(header ?? '', 'latin1')
  const expected = Buffer.from(createHmac('sha256', secret).update(body).digest('base64'), 'latin1')
  return given.length === expected.length && timingSafeEqual(given, expected)
}
