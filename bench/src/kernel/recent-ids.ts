/** Ids seen lately: between `idsMax` and half of it. Two sets, so that nothing is removed one by one. */
export interface RecentIds {
  /** Whether it was not seen lately; remembers it. */
  isNew(id: string): boolean
}

export const createRecentIds = (idsMax: number): RecentIds => {
  let young = new Set<string>()
  let old = new Set<string>()
  return {
    isNew(id) {
      if (young.has(id) || old.has(id)) return false
      young.add(id)
      if (young.size >= idsMax / 2) {
        old = young
        young = new Set()
      }
      return true
    },
  }
}
