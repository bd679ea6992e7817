import { describe, expect, it } from 'vitest'
import { createFloodWatch } from './flood.ts'

const watch = () => createFloodWatch({ inARow: 20, ratio: 0.1, window: 200 })
const bury = (flood: ReturnType<typeof watch>, fingerprint: string): boolean => {
  if (flood.wouldFlood(fingerprint)) return false
  flood.letter(fingerprint)
  return true
}

describe('the flood watch', () => {
  it('lets twenty letters of one cause through and stops the one after', () => {
    const flood = watch()
    for (let n = 0; n < 20; n++) expect(bury(flood, 'a')).toBe(true)
    expect(bury(flood, 'a')).toBe(false)
    expect(flood.flooding).toBe('a')
  })

  it('is not tripped by honest letters of different causes in a row', () => {
    const flood = watch()
    for (let n = 0; n < 100; n++) expect(bury(flood, `cause ${n % 10}`)).toBe(true)
  })

  it('is not tripped by one cause in every twelfth message, for as long as it goes on', () => {
    const flood = watch()
    for (let n = 0; n < 5_000; n++) {
      if (n % 12 === 0) expect(bury(flood, 'a')).toBe(true)
      else flood.good()
    }
  })

  it('is tripped by one cause in every eighth message, but only with a full window', () => {
    const flood = watch()
    let stoppedAt = -1
    for (let n = 0; n < 1_000 && stoppedAt < 0; n++) {
      if (n % 8 !== 0) flood.good()
      else if (!bury(flood, 'a')) stoppedAt = n
    }
    expect(stoppedAt).toBeGreaterThanOrEqual(200)
  })

  it('begins to count anew when a message goes well after it has tripped', () => {
    const flood = watch()
    for (let n = 0; n < 21; n++) bury(flood, 'a')
    expect(flood.good()).toBe(true)
    expect(flood.flooding).toBeUndefined()
    expect(bury(flood, 'a')).toBe(true)
    expect(flood.good()).toBe(false)
  })
})
