import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { hmacMatches } from './hmac.ts'

const body = Buffer.from('{"id":1}')
const sign = (secret: string, bytes: Uint8Array): string => createHmac('sha256', secret).update(bytes).digest('base64')

describe('hmacMatches', () => {
  it('accepts the signature of exactly these bytes', () => {
    expect(hmacMatches('s3cret', body, sign('s3cret', body))).toBe(true)
  })

  it.each([
    ['another secret', sign('other', body)],
    ['another body', sign('s3cret', Buffer.from('{"id":2}'))],
    ['a truncated signature', sign('s3cret', body).slice(0, 20)],
    ['a longer signature', `${sign('s3cret', body)}AAAA`],
    ['no base64', '!!!'],
    ['nothing', ''],
    ['no header', undefined],
  ])('refuses %s', (_, header) => {
    expect(hmacMatches('s3cret', body, header)).toBe(false)
  })
})
