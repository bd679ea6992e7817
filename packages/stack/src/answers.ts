import { connect } from 'node:net'

const timeoutMs = 2_000

/** Sends bytes over a new connection and resolves to the first `bytesMin` bytes of the answer; null when none comes. */
const ask = (host: string, port: number, request: Buffer, bytesMin: number): Promise<Buffer | null> =>
  new Promise((resolve) => {
    const socket = connect({ host, port })
    let received = Buffer.alloc(0)
    const settle = (answer: Buffer | null): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(timeoutMs, () => settle(null))
    socket.on('connect', () => socket.write(request))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.length >= bytesMin) settle(received)
    })
    socket.on('error', () => settle(null))
    socket.on('close', () => settle(null))
  })

/**
 * True when a plain-text Kafka broker takes requests and knows of an unfenced broker (Metadata v1, no topics:
 * https://kafka.apache.org/protocol#The_Messages_Metadata).
 */
export const kafkaAnswers = async (host: string, port: number): Promise<boolean> => {
  const clientId = 'interchange-stack'
  const body = Buffer.alloc(2 + 2 + 4 + 2 + clientId.length + 4)
  body.writeInt16BE(3, 0) // api key: Metadata
  body.writeInt16BE(1, 2) // version
  body.writeInt32BE(1, 4) // correlation id
  body.writeInt16BE(clientId.length, 8)
  body.write(clientId, 10, 'latin1')
  body.writeInt32BE(0, 10 + clientId.length) // no topics
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  // size, correlation id, number of brokers
  const answer = await ask(host, port, Buffer.concat([size, body]), 12)
  return answer !== null && answer.readInt32BE(4) === 1 && answer.readInt32BE(8) > 0
}

/** True when Postgres would let a client log in: it answers a start-up packet with an authentication request. */
export const postgresAnswers = async (host: string, port: number): Promise<boolean> => {
  const parameters = Buffer.from('user\0interchange\0database\0interchange\0\0', 'latin1')
  const head = Buffer.alloc(8)
  head.writeInt32BE(head.length + parameters.length, 0)
  head.writeInt32BE(3 << 16, 4) // protocol 3.0
  const answer = await ask(host, port, Buffer.concat([head, parameters]), 1)
  // 'R' asks for a password; 'E' would be "the database system is starting up".
  return answer?.[0] === 'R'.charCodeAt(0)
}

/** True when something accepts connections there; for brokers that want TLS or a login first. */
export const portAnswers = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs })
    const settle = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('connect', () => settle(true))
    socket.on('timeout', () => settle(false))
    socket.on('error', () => settle(false))
  })

/** True when a GET is answered with a success status. */
export const httpAnswers = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
