import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { answeredBy, apiKeys, requestOf, splitFrames, withAddress } from './kafka-frames.ts'
import { createLine, type Line } from './line.ts'
import { type ActiveToxic, createWorkingToxic, type Toxic, type WorkingToxic } from './toxic.ts'

/** A TCP proxy on a loopback port. */
export interface TcpProxy {
  /** `host:port` for clients. */
  readonly address: string
  add(toxic: Toxic): Promise<ActiveToxic>
  /** Ends every connection now; new ones are accepted. Answers how many there were. */
  cut(): number
  /** Ends every connection and takes no new one. Idempotent. */
  stop(): Promise<void>
}

export interface ProxyOptions {
  /** `host:port` behind the proxy. It need not listen yet. */
  readonly target: string
  /** Where to listen; default: a free port. */
  readonly port?: number
  /**
   * `kafka` knows Kafka's frames, which toxics on requests need. Answers that name the target's address name the proxy instead, so
   * that clients stay behind it.
   */
  readonly protocol?: 'tcp' | 'kafka'
}

/** Starts a proxy before one broker, registry or database. */
export const startProxy = async ({ target, port = 0, protocol = 'tcp' }: ProxyOptions): Promise<TcpProxy> => {
  const [host = '', targetPort = ''] = target.split(':')
  const sockets = new Set<Socket>()
  const toxics = new Set<WorkingToxic>()
  let changed = Promise.withResolvers<void>()
  let server: Server | undefined
  let ownPort = port

  const weather = { toxics: () => [...toxics], changed: () => changed.promise }
  const change = (): void => {
    changed.resolve()
    changed = Promise.withResolvers<void>()
  }
  const workingOf = (kind: Toxic['kind']): readonly WorkingToxic[] =>
    weather.toxics().filter(({ toxic }) => toxic.kind === kind)

  const connect = (client: Socket): void => {
    const upstream = createConnection({ host, port: Number(targetPort), allowHalfOpen: true, noDelay: true })
    const reset = (): void => {
      for (const socket of [client, upstream]) socket.resetAndDestroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
    const toServer = createLine({ from: client, to: upstream, direction: 'to-server' }, weather)
    const toClient = createLine({ from: upstream, to: client, direction: 'to-client' }, weather)
    const carry =
      protocol === 'kafka'
        ? kafkaCarriers({ toServer, toClient, reset, lost: weather.toxics, host, port: Number(targetPort), ownPort })
        : { fromClient: toServer.push, fromServer: toClient.push }
    client.on('data', (chunk: Buffer) => {
      const [resetting] = workingOf('reset')
      if (resetting === undefined) carry.fromClient(chunk)
      else {
        resetting.hit()
        reset()
      }
    })
    upstream.on('data', (chunk: Buffer) => carry.fromServer(chunk))
  }

  const cut = (): number => {
    const open = sockets.size / 2
    for (const socket of sockets) socket.destroy()
    return Math.ceil(open)
  }

  const listen = async (): Promise<void> => {
    const next = createServer({ allowHalfOpen: true, noDelay: true }, connect)
    await new Promise<void>((resolve, reject) => {
      next.once('error', reject)
      next.listen(ownPort, '127.0.0.1', resolve)
    })
    server = next
    const bound = next.address()
    ownPort = typeof bound === 'object' ? (bound?.port ?? 0) : 0
  }
  const close = async (): Promise<void> => {
    const closing = server
    server = undefined
    if (closing === undefined) return
    const closed = new Promise<void>((resolve) => {
      closing.close(() => resolve())
    })
    cut()
    await closed
  }

  /** What a toxic does besides being looked at by the lines. */
  const begin = async ({ toxic, hit }: WorkingToxic): Promise<void> => {
    if (toxic.kind === 'down') {
      await close()
      if (await isRefused(ownPort)) hit()
    } else if (toxic.kind === 'reset') {
      const open = sockets.size / 2
      for (const socket of sockets) socket.resetAndDestroy()
      for (let connection = 0; connection < open; connection++) hit()
    }
  }

  await listen()
  return {
    address: `127.0.0.1:${ownPort}`,
    cut,
    async add(toxic) {
      if ('request' in toxic && protocol !== 'kafka') throw new TypeError(`${toxic.kind} needs a proxy of kind kafka`)
      const working = createWorkingToxic(toxic)
      toxics.add(working)
      change()
      await begin(working)
      return {
        toxic,
        effects: working.effects,
        tookEffect: working.tookEffect,
        async remove() {
          if (!toxics.delete(working)) return
          change()
          if (toxic.kind === 'down' && workingOf('down').length === 0) await listen()
        },
      }
    },
    stop: close,
  }
}

interface KafkaConnection {
  readonly toServer: Line
  readonly toClient: Line
  readonly lost: () => readonly WorkingToxic[]
  readonly reset: () => void
  readonly host: string
  readonly port: number
  readonly ownPort: number
}

/** Whole frames, so that a request can be held and an answer lost. */
const kafkaCarriers = ({ toServer, toClient, lost, reset, host, port, ownPort }: KafkaConnection) => {
  const requests = new Map<number, number>()
  return {
    fromClient: splitFrames((frame) => {
      const { apiKey, correlationId } = requestOf(frame)
      requests.set(correlationId, apiKey)
      toServer.push(frame, (toxic) => toxic.kind === 'hold-request' && apiKeys[toxic.request] === apiKey)
    }),
    fromServer: splitFrames((frame) => {
      const apiKey = requests.get(answeredBy(frame))
      requests.delete(answeredBy(frame))
      const loser = lost().find(({ toxic }) => toxic.kind === 'lose-answer' && apiKeys[toxic.request] === apiKey)
      if (loser === undefined || !isItsTurn(loser)) {
        const isHeld = (toxic: Toxic): boolean => toxic.kind === 'hold-answer' && apiKeys[toxic.request] === apiKey
        toClient.push(withAddress(frame, host, port, ownPort), isHeld)
      } else {
        loser.hit()
        reset()
      }
    }),
  }
}

const isItsTurn = ({ toxic, turn }: WorkingToxic): boolean =>
  toxic.kind === 'lose-answer' && turn() === (toxic.nth ?? 1)

const isRefused = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port }, () => {
      socket.destroy()
      resolve(false)
    })
    socket.on('error', () => resolve(true))
  })
