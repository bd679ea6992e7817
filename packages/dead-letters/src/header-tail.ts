import { HeaderBlock } from '@interchange/messaging'

/**
 * The headers behind the first `count`, as a block of their own. With `take` it splits a letter into what the original
 * had and what was added, without reading (or being limited by) the original's part.
 */
export const headerTail = (block: HeaderBlock, count: number): HeaderBlock => {
  const total = block.count
  const skipped = Math.min(Math.max(count, 0), total)
  const body = block.bytes.subarray(countBytes(total).length)
  const head = block.take(skipped).bytes.length - countBytes(skipped).length
  return new HeaderBlock(Buffer.concat([countBytes(total - skipped), body.subarray(head)]))
}

/** The count as it stands in front of a block: a zigzag varint. */
const countBytes = (count: number): Buffer => {
  const bytes: number[] = []
  let rest = count * 2
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}
