/** Something that will happen. */
export interface Due {
  readonly atMs: number
  /** Order of what is due at one time. */
  readonly rank: number
  run: (() => void) | undefined
}

/** Earliest first. What was cancelled has no `run` and is dropped when its turn comes. */
export class EventHeap {
  private readonly items: Due[] = []

  push(item: Due): void {
    const { items } = this
    let at = items.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = items[parent]
      if (above === undefined || !isBefore(item, above)) break
      items[at] = above
      at = parent
    }
    items[at] = item
  }

  /** The next one that was not cancelled. */
  peek(): Due | undefined {
    while (this.items[0] !== undefined && this.items[0].run === undefined) this.pop()
    return this.items[0]
  }

  pop(): Due | undefined {
    const { items } = this
    const first = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      const [left, right] = [items[child], items[child + 1]]
      if (left === undefined) break
      let least = left
      if (right !== undefined && isBefore(right, left)) {
        least = right
        child++
      }
      if (!isBefore(least, last)) break
      items[at] = least
      at = child
    }
    items[at] = last
    return first
  }

  clear(): void {
    this.items.length = 0
  }
}

const isBefore = (left: Due, right: Due): boolean =>
  left.atMs < right.atMs || (left.atMs === right.atMs && left.rank < right.rank)
