/** Where the fields of a batch of record format v2 are, in bytes from its beginning, the base offset being at 0. */
export const fieldAt = {
  length: 8,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastDelta: 23,
  firstTime: 27,
  maxTime: 35,
  producerId: 43,
  count: 57,
} as const

/** What comes before the records of a batch. */
export const headBytes = 61

/** What the bits of its attributes mean. */
export const attribute = {
  compressionMask: 0b111,
  logAppendTime: 0b1000,
  transactional: 0b1_0000,
  control: 0b10_0000,
} as const
