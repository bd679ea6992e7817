import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isText } from './is-text.ts'

it('says what comparing the decoded text would, for any bytes and texts', () => {
  const texts = fc.oneof(fc.string({ maxLength: 6 }), fc.string({ unit: 'grapheme', maxLength: 6 }))
  fc.assert(
    fc.property(texts, texts, fc.uint8Array({ maxLength: 6 }), (text, other, bytes) => {
      for (const candidate of [Buffer.from(text), Buffer.from(other), Buffer.from(`${text}a`), Buffer.from(bytes)]) {
        expect(isText(candidate, text)).toBe(candidate.toString('utf8') === text)
        expect(isText(candidate, candidate.toString('utf8'))).toBe(true)
      }
    }),
    { numRuns: 2_000 },
  )
})
