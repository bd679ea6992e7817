/** Ids seen lately: at least half of `idsMax`. Two tables of 64-bit hashes, so that nothing is allocated or removed one by one. */
export interface RecentIds {
  /** Whether it was not seen lately; remembers it. */
  isNew(id: string): boolean
}

/** `idsMax` is a power of two. */
export const createRecentIds = (idsMax: number): RecentIds => {
  const slots = 2 * idsMax
  let young = new Int32Array(2 * slots)
  let old = new Int32Array(2 * slots)
  let count = 0
  return {
    isNew(id) {
      let low = 0x811c9dc5 | 0
      let high = 0x9747b28c | 0
      // Four characters at a time: most of what this costs is in the loop. UUIDs have 36.
      for (let index = 0; index < id.length; index += 4) {
        const four =
          id.charCodeAt(index) |
          (id.charCodeAt(index + 1) << 8) |
          (id.charCodeAt(index + 2) << 16) |
          (id.charCodeAt(index + 3) << 24)
        low = Math.imul(low ^ four, 0x9e3779b1)
        low ^= low >>> 15
        high = Math.imul(high ^ four, 0x5bd1e995) + (high >>> 15)
      }
      high |= 1 // Never 0, which marks an empty slot.
      if (slotOf(old, slots, low, high) < 0) return false
      const slot = slotOf(young, slots, low, high)
      if (slot < 0) return false
      young[slot] = low
      young[slot + 1] = high
      count++
      if (count === idsMax / 2) {
        ;[young, old] = [old.fill(0), young]
        count = 0
      }
      return true
    },
  }
}

/** Where the hash may go; -1 when it is there. */
const slotOf = (table: Int32Array, slots: number, low: number, high: number): number => {
  for (let slot = (low ^ (low >>> 15)) & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
    const at = 2 * slot
    if (table[at + 1] === 0) return at
    if (table[at + 1] === high && table[at] === low) return -1
  }
}
