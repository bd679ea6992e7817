/**
 * The open window of one partition: records in arrival order, settled in any order. What may be committed is the lowest
 * offset that is not settled, so that no committed offset ever passes an unfinished record (V12). A ring; nothing is
 * allocated per record.
 */
export interface OffsetTracker<Item> {
  /** Takes a record; offsets must grow. Answers the sequence by which it is settled. */
  add(offset: number, bytes: number, item: Item): number
  /** Puts another item at the place of an unsettled one. */
  replace(sequence: number, item: Item): void
  /** Marks a record finished. Unknown and already settled sequences are ignored. */
  settle(sequence: number): void
  /** Everything below `nextOffset` has been delivered, gaps and control records included. */
  delivered(nextOffset: number): void
  /** Next offset to read for whoever comes after us; undefined before anything was delivered. */
  readonly committable: number | undefined
  /** Next offset expected from the log; undefined before anything was delivered. */
  readonly end: number | undefined
  /** Records in the window, settled ones behind an unsettled one included, and their bytes. */
  readonly records: number
  readonly bytes: number
  /** Unsettled items in order. */
  unsettled(): Item[]
}

export const createOffsetTracker = <Item>(): OffsetTracker<Item> => {
  let capacity = 256
  let offsets = new Float64Array(capacity)
  let sizes = new Uint32Array(capacity)
  let items: (Item | undefined)[] = new Array<Item | undefined>(capacity).fill(undefined)
  let head = 0
  let tail = 0
  let bytes = 0
  let end: number | undefined

  const grow = (): void => {
    const bigger = capacity * 2
    const nextOffsets = new Float64Array(bigger)
    const nextSizes = new Uint32Array(bigger)
    const nextItems = new Array<Item | undefined>(bigger).fill(undefined)
    for (let sequence = head; sequence < tail; sequence++) {
      const from = sequence & (capacity - 1)
      const to = sequence & (bigger - 1)
      nextOffsets[to] = offsets[from] ?? 0
      nextSizes[to] = sizes[from] ?? 0
      nextItems[to] = items[from]
    }
    capacity = bigger
    offsets = nextOffsets
    sizes = nextSizes
    items = nextItems
  }

  return {
    add(offset, size, item) {
      if (end !== undefined && offset < end) throw new RangeError(`offset ${offset} after ${end}`)
      if (tail - head === capacity) grow()
      const slot = tail & (capacity - 1)
      offsets[slot] = offset
      sizes[slot] = size
      items[slot] = item
      bytes += size
      end = offset + 1
      return tail++
    },
    replace(sequence, item) {
      const slot = sequence & (capacity - 1)
      if (sequence >= head && sequence < tail && items[slot] !== undefined) items[slot] = item
    },
    settle(sequence) {
      if (sequence < head || sequence >= tail) return
      items[sequence & (capacity - 1)] = undefined
      if (sequence !== head) return
      do {
        bytes -= sizes[head & (capacity - 1)] ?? 0
        head++
      } while (head < tail && items[head & (capacity - 1)] === undefined)
    },
    delivered(nextOffset) {
      if (end === undefined || nextOffset > end) end = nextOffset
    },
    get committable() {
      return head === tail ? end : offsets[head & (capacity - 1)]
    },
    get end() {
      return end
    },
    get records() {
      return tail - head
    },
    get bytes() {
      return bytes
    },
    unsettled() {
      const left: Item[] = []
      for (let sequence = head; sequence < tail; sequence++) {
        const item = items[sequence & (capacity - 1)]
        if (item !== undefined) left.push(item)
      }
      return left
    },
  }
}
