/** Watches that the orders of each key are handled one at a time and in their order. */
export interface KeyOrder {
  begin(key: string, number: number): void
  end(key: string): void
  /** Throws when two of a key ran at once, or one ran after a later one. */
  check(): void
}

export const createKeyOrder = (): KeyOrder => {
  const last = new Map<string, number>()
  const running = new Set<string>()
  let wrong: string | undefined
  return {
    begin(key, number) {
      if (running.has(key)) wrong ??= `${number} of ${key} began while an earlier one ran`
      const before = last.get(key) ?? -1
      if (number <= before) wrong ??= `${number} of ${key} began after ${before}`
      running.add(key)
      last.set(key, number)
    },
    end: (key) => void running.delete(key),
    check() {
      if (wrong !== undefined) throw new Error(wrong)
    },
  }
}
