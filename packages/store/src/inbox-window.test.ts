import { describe, expect, it } from 'vitest'
import { checkInboxWindow } from './inbox-window.ts'

const day = 86_400_000
const refusal = (windowMs: number, ...ms: number[]): unknown => {
  try {
    checkInboxWindow({ windowMs, retentions: ms.map((each, place) => ({ what: `source ${place}`, ms: each })) })
    return undefined
  } catch (error) {
    return error
  }
}

describe('the inbox window', () => {
  it('may be as long as the longest retention, and not a millisecond shorter', () => {
    expect(refusal(7 * day, day, 7 * day)).toBeUndefined()
    expect(refusal(7 * day - 1, day, 7 * day)).toMatchObject({
      code: 'ICX_CONFIG_INVALID',
      failureClass: 'fatal',
      facts: { what: 'source 1', retentionMs: 7 * day, windowMs: 7 * day - 1 },
    })
    expect(refusal(5 * day, 6 * day, 7.5 * day, 7 * day)).toMatchObject({
      message: expect.stringMatching(
        /after 5 days, but source 1 keeps messages up to 7\.5 days: .+; lengthen the window/,
      ),
    })
  })

  it('must be for ever where a source keeps messages for ever', () => {
    expect(refusal(10_000 * day, day, -1)).toMatchObject({ facts: { what: 'source 1', retentionMs: -1 } })
    expect(refusal(-1, day, -1)).toBeUndefined()
  })

  it('and a retention are positive, or -1', () => {
    for (const wrong of [0, -2, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(refusal(wrong, day)).toMatchObject({ code: 'ICX_CONFIG_INVALID' })
      expect(refusal(day, wrong)).toMatchObject({ code: 'ICX_CONFIG_INVALID' })
    }
  })
})
