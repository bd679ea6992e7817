import type { Item } from './delivery.fixture.ts'

export interface GatedHandler {
  /** The items it was called with, by number. */
  readonly started: readonly number[]
  handle(item: Item): Promise<undefined>
  finish(n: number): void
}

/** A handler that ends an item when the test says so. */
export const gatedHandler = (): GatedHandler => {
  const started: number[] = []
  const gates = new Map<number, (value: undefined) => void>()
  return {
    started,
    handle(item) {
      started.push(item.n)
      return new Promise((resolve) => gates.set(item.n, resolve))
    },
    finish: (n) => gates.get(n)?.(undefined),
  }
}
