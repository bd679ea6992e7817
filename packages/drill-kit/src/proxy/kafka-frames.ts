/** Kafka's numbers of the requests that drills meddle with (https://kafka.apache.org/protocol#protocol_api_keys). */
export const apiKeys = {
  produce: 0,
  fetch: 1,
  offsetCommit: 8,
  joinGroup: 11,
  heartbeat: 12,
  initProducerId: 22,
  endTxn: 26,
  writeTxnMarkers: 27,
  txnOffsetCommit: 28,
} as const

export type KafkaRequest = keyof typeof apiKeys

/** Which request a whole frame holds, and by which number its answer will be known. */
export const requestOf = (frame: Buffer): { apiKey: number; correlationId: number } => ({
  apiKey: frame.readInt16BE(4),
  correlationId: frame.readInt32BE(8),
})

export const answeredBy = (frame: Buffer): number => frame.readInt32BE(4)

/** Calls `take` with every whole frame, its length included. */
export const splitFrames = (take: (frame: Buffer) => void): ((chunk: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0)
      take(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
  }
}

/** The frame with the broker's port, wherever it stands behind the broker's host, replaced by the proxy's. */
export const withAddress = (frame: Buffer, host: string, port: number, proxyPort: number): Buffer => {
  const address = Buffer.alloc(host.length + 4)
  address.write(host, 0, 'latin1')
  address.writeInt32BE(port, host.length)
  if (!frame.includes(address)) return frame
  const copy = Buffer.from(frame)
  for (let at = copy.indexOf(address); at >= 0; at = copy.indexOf(address, at + 1)) {
    copy.writeInt32BE(proxyPort, at + host.length)
  }
  return copy
}
