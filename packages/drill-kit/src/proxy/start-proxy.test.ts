import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { type ProxyOptions, startProxy, type TcpProxy } from './start-proxy.ts'

const closing: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

/** A server that does with each connection as it is told, a proxy before it, and connections through the proxy. */
const ground = async (serve: (socket: Socket) => void, options: Omit<ProxyOptions, 'target'> = {}) => {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await startProxy({ target: `127.0.0.1:${(server.address() as AddressInfo).port}`, ...options })
  closing.push(async () => {
    await proxy.stop()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { proxy, connect: () => connectTo(proxy) }
}

const connectTo = async (proxy: TcpProxy) => {
  const [host = '', port] = proxy.address.split(':')
  const socket = createConnection({ host, port: Number(port), allowHalfOpen: true, noDelay: true })
  const state = { received: Buffer.alloc(0), chunks: 0, ended: false, closed: false, error: '' }
  socket.on('data', (chunk: Buffer) => {
    state.received = Buffer.concat([state.received, chunk])
    state.chunks++
  })
  socket.on('end', () => {
    state.ended = true
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    state.error = error.code ?? ''
  })
  socket.on('close', () => {
    state.closed = true
  })
  await once(socket, 'connect')
  closing.push(() => void socket.destroy())
  return { socket, state }
}

const echo = (socket: Socket): void => void socket.pipe(socket)
const within = { timeout: 10_000, interval: 2 }
const text = (state: { received: Buffer }): string => state.received.toString()

/** How long it takes until a word has come back. */
const roundTripMs = async ({ socket, state }: Awaited<ReturnType<typeof connectTo>>, word: string): Promise<number> => {
  const startedMs = performance.now()
  const bytes = state.received.length
  socket.write(word)
  await expect.poll(() => state.received.length, within).toBe(bytes + word.length)
  return performance.now() - startedMs
}

describe('a proxy', () => {
  test('carries bytes both ways, and an orderly end in each direction by itself', async () => {
    const { connect } = await ground((socket) => {
      socket.on('data', (chunk) => socket.write(chunk))
      socket.on('end', () => socket.end('bye'))
    })
    const { socket, state } = await connect()
    socket.write('hello ')
    await expect.poll(() => text(state), within).toBe('hello ')
    socket.end()
    await expect.poll(() => state.ended, within).toBe(true)
    expect(text(state)).toBe('hello bye')
  })

  test('passes a reset on as a reset', async () => {
    const { connect } = await ground((socket) => socket.on('data', () => socket.resetAndDestroy()))
    const { socket, state } = await connect()
    socket.write('x')
    await expect.poll(() => state.error, within).toBe('ECONNRESET')
  })

  test('latency: a piece takes its time each way, keeps its place, and is quick again afterwards', async () => {
    const { proxy, connect } = await ground(echo)
    const connection = await connect()
    const toxic = await proxy.add({ kind: 'latency', latencyMs: 80, jitterMs: 20 })
    const startedMs = performance.now()
    for (const letter of 'abcdef') connection.socket.write(letter)
    await expect.poll(() => text(connection.state), within).toBe('abcdef')
    expect(performance.now() - startedMs).toBeGreaterThan(2 * 60)
    expect(toxic.effects()).toBeGreaterThanOrEqual(2)
    await toxic.remove()
    const effects = toxic.effects()
    await roundTripMs(connection, 'again')
    expect(toxic.effects()).toBe(effects)
  })

  test('bandwidth: bytes come at their rate', async () => {
    const { proxy, connect } = await ground(echo)
    const connection = await connect()
    const toxic = await proxy.add({ kind: 'bandwidth', bytesPerSecond: 100_000, direction: 'to-client' })
    expect(await roundTripMs(connection, 'x'.repeat(40_000))).toBeGreaterThan(380)
    expect(toxic.effects()).toBeGreaterThan(0)
  })

  test('slicer: bytes come one by one', async () => {
    const { proxy, connect } = await ground(echo)
    const connection = await connect()
    const toxic = await proxy.add({ kind: 'slicer', bytes: 1, direction: 'to-client' })
    await roundTripMs(connection, 'x'.repeat(500))
    expect(toxic.effects()).toBe(500)
    // The receiver's system may join neighbours again, but never all of them.
    expect(connection.state.chunks).toBeGreaterThan(1)
  })

  test('black hole: nothing arrives, nobody is told, and all of it arrives afterwards', async () => {
    const { proxy, connect } = await ground(echo)
    const { socket, state } = await connect()
    const toxic = await proxy.add({ kind: 'black-hole' })
    socket.write('into the hole')
    await toxic.tookEffect
    expect(state).toMatchObject({ chunks: 0, closed: false })
    await toxic.remove()
    await expect.poll(() => text(state), within).toBe('into the hole')
  })

  test('black hole in one direction: the server hears and is not heard', async () => {
    const heard: Buffer[] = []
    const { proxy, connect } = await ground((socket) => {
      socket.on('data', (chunk: Buffer) => {
        heard.push(chunk)
        socket.write(chunk)
      })
    })
    const { socket, state } = await connect()
    const toxic = await proxy.add({ kind: 'black-hole', direction: 'to-client' })
    socket.write('one way')
    await toxic.tookEffect
    expect(Buffer.concat(heard).toString()).toBe('one way')
    expect(state.chunks).toBe(0)
  })

  test('slow close: the end comes late', async () => {
    const { proxy, connect } = await ground((socket) => socket.on('data', () => socket.end('done')))
    const { socket, state } = await connect()
    const toxic = await proxy.add({ kind: 'slow-close', delayMs: 150 })
    const startedMs = performance.now()
    socket.write('x')
    await expect.poll(() => text(state), within).toBe('done')
    await expect.poll(() => state.ended, within).toBe(true)
    expect(performance.now() - startedMs).toBeGreaterThan(140)
    expect(toxic.effects()).toBe(1)
  })

  test('limit: a connection ends after so many bytes', async () => {
    const { proxy, connect } = await ground(echo)
    const toxic = await proxy.add({ kind: 'limit-data', bytes: 10, direction: 'to-client' })
    const { socket, state } = await connect()
    socket.write('0123456789abcdef')
    await expect.poll(() => state.ended || state.closed, within).toBe(true)
    expect(text(state)).toBe('0123456789')
    expect(toxic.effects()).toBe(1)
  })

  test('down: connections end, new ones are refused, and it listens at the same port afterwards', async () => {
    const { proxy, connect } = await ground(echo)
    const { state } = await connect()
    const toxic = await proxy.add({ kind: 'down' })
    await expect.poll(() => state.ended || state.closed, within).toBe(true)
    await expect(connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(toxic.effects()).toBe(1)
    await toxic.remove()
    await roundTripMs(await connect(), 'back')
  })

  test('reset: open connections are reset at once, new ones with their first bytes', async () => {
    const { proxy, connect } = await ground(echo)
    const open = await connect()
    await roundTripMs(open, 'through')
    const toxic = await proxy.add({ kind: 'reset' })
    await expect.poll(() => open.state.error, within).toBe('ECONNRESET')
    const late = await connect()
    late.socket.write('x')
    await expect.poll(() => late.state.error, within).toBe('ECONNRESET')
    expect(toxic.effects()).toBe(2)
  })

  test('stops reading when too much waits, and loses nothing of it', { timeout: 20_000 }, async () => {
    let heardBytes = 0
    const { proxy, connect } = await ground((socket) => {
      socket.on('data', (chunk: Buffer) => {
        heardBytes += chunk.length
      })
    })
    const { socket } = await connect()
    const toxic = await proxy.add({ kind: 'black-hole', direction: 'to-server' })
    const all = Buffer.alloc(32 * 1024 * 1024)
    socket.write(all)
    await toxic.tookEffect
    let before = -1
    const isStuck = (): boolean => {
      const still = before === socket.writableLength
      before = socket.writableLength
      return still
    }
    await expect.poll(isStuck, { ...within, interval: 200 }).toBe(true)
    expect(socket.writableLength).toBeGreaterThan(0)
    await toxic.remove()
    await expect.poll(() => heardBytes, within).toBe(all.length)
  })
})

/** A whole request frame: size, api key, version, correlation id, and a body. */
const request = (apiKey: number, correlationId: number): Buffer => {
  const frame = Buffer.alloc(14)
  frame.writeInt32BE(10)
  frame.writeInt16BE(apiKey, 4)
  frame.writeInt32BE(correlationId, 8)
  return frame
}

/** Answers each request with its correlation id and an address. */
const answering = (heard: number[]) => (socket: Socket) => {
  const { localPort = 0 } = socket
  let rest = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    for (; rest.length >= 14; rest = rest.subarray(14)) {
      heard.push(rest.readInt32BE(8))
      const answer = Buffer.alloc(4 + 4 + 9 + 4)
      answer.writeInt32BE(17)
      answer.writeInt32BE(rest.readInt32BE(8), 4)
      answer.write('127.0.0.1', 8)
      answer.writeInt32BE(localPort, 17)
      socket.write(answer)
    }
  })
}

describe('a proxy that knows Kafka', () => {
  test('names itself where an answer names the broker', async () => {
    const { proxy, connect } = await ground(answering([]), { protocol: 'kafka' })
    const { socket, state } = await connect()
    socket.write(request(3, 1))
    await expect.poll(() => state.received.length, within).toBe(21)
    expect(`127.0.0.1:${state.received.readInt32BE(17)}`).toBe(proxy.address)
  })

  test('loses the answer to the second produce request, once, after the broker had it', async () => {
    const heard: number[] = []
    const { proxy, connect } = await ground(answering(heard), { protocol: 'kafka' })
    const toxic = await proxy.add({ kind: 'lose-answer', request: 'produce', nth: 2 })
    const { socket, state } = await connect()
    // In two writes, cut in the middle of a frame.
    const frames = Buffer.concat([request(0, 1), request(3, 2)])
    socket.write(frames.subarray(0, 17))
    socket.write(frames.subarray(17))
    await expect.poll(() => state.received.length, within).toBe(42)
    socket.write(request(0, 3))
    await toxic.tookEffect
    await expect.poll(() => state.error, within).toBe('ECONNRESET')
    expect(heard).toEqual([1, 2, 3])
    const again = await connect()
    again.socket.write(request(0, 4))
    await expect.poll(() => again.state.received.length, within).toBe(21)
    expect(toxic.effects()).toBe(1)
  })

  test('holds a request and what is behind it, and lets them go', async () => {
    const heard: number[] = []
    const { proxy, connect } = await ground(answering(heard), { protocol: 'kafka' })
    const toxic = await proxy.add({ kind: 'hold-request', request: 'produce' })
    const { socket } = await connect()
    socket.write(Buffer.concat([request(3, 1), request(0, 2), request(3, 3)]))
    await toxic.tookEffect
    await expect.poll(() => heard, within).toEqual([1])
    await toxic.remove()
    await expect.poll(() => heard, within).toEqual([1, 2, 3])
  })

  test('holds the answer to a request that the broker has, and what is behind it, and lets them go', async () => {
    const heard: number[] = []
    const { proxy, connect } = await ground(answering(heard), { protocol: 'kafka' })
    const toxic = await proxy.add({ kind: 'hold-answer', request: 'produce' })
    const { socket, state } = await connect()
    socket.write(Buffer.concat([request(3, 1), request(0, 2), request(3, 3)]))
    await toxic.tookEffect
    await expect.poll(() => [heard, state.received.length], within).toEqual([[1, 2, 3], 21])
    await toxic.remove()
    await expect.poll(() => state.received.length, within).toBe(63)
  })

  test('toxics on requests are refused where frames are not known', async () => {
    const { proxy } = await ground(echo)
    await expect(proxy.add({ kind: 'lose-answer', request: 'produce' })).rejects.toThrow('kind kafka')
  })
})
