/** First in, first out, in an array with a moving head. */
export interface Fifo<Item> {
  readonly size: number
  push(item: Item): void
  /** Puts `items` in front, in their order. */
  unshift(items: readonly Item[]): void
  shift(): Item | undefined
  peek(): Item | undefined
  /** Empties it and answers what was in it. */
  drain(): Item[]
  items(): readonly Item[]
}

export const createFifo = <Item>(): Fifo<Item> => {
  let list: (Item | undefined)[] = []
  let head = 0
  const live = (): Item[] => list.slice(head) as Item[]
  return {
    get size() {
      return list.length - head
    },
    push(item) {
      list.push(item)
    },
    unshift(items) {
      list = [...items, ...live()]
      head = 0
    },
    shift() {
      if (head === list.length) return undefined
      const item = list[head]
      list[head++] = undefined
      if (head === list.length) {
        list.length = 0
        head = 0
      } else if (head > 1024 && head * 2 > list.length) {
        list = live()
        head = 0
      }
      return item
    },
    peek: () => list[head],
    drain() {
      const items = live()
      list = []
      head = 0
      return items
    },
    items: live,
  }
}
