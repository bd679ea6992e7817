/** How deep a JSON value nests; gives up at the first value below `limit`. Walks level by level, so depth costs no stack. */
export const depthOf = (value: unknown, limit: number): number => {
  let level: unknown[] = isNest(value) ? [value] : []
  let depth = 0
  while (level.length > 0 && depth <= limit) {
    depth++
    level = level.flatMap((item) => Object.values(Object(item)).filter(isNest))
  }
  return depth
}

const isNest = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype)
