import { createConnection, createServer, type Server, type Socket } from 'node:net'

/** Kafka's numbers of the requests that tests meddle with. */
export const apiKeys = { produce: 0, fetch: 1, offsetCommit: 8 } as const

/**
 * A TCP proxy before one broker that knows Kafka's frames. Answers that name the broker's address name the proxy instead,
 * so that clients stay behind it.
 */
export interface BrokerProxy {
  /** `host:port` for clients. */
  readonly address: string
  /** Ends every connection now; new ones are accepted. */
  cut(): void
  /** Ends every connection and takes no new one, until `open`. */
  close(): Promise<void>
  open(): Promise<void>
  /** Passes requests on and keeps every answer to itself, until false. */
  silence(silent: boolean): void
  /** The next answer to this request is swallowed and its connection cut; resolves when that has happened. */
  loseAnswer(apiKey: number): Promise<void>
  stop(): Promise<void>
}

export const startBrokerProxy = async (broker: string): Promise<BrokerProxy> => {
  const [host = '', port = ''] = broker.split(':')
  const sockets = new Set<Socket>()
  let silent = false
  let losing: { apiKey: number; lost: () => void } | undefined
  let server: Server | undefined
  let ownPort = 0

  const connect = (client: Socket): void => {
    const upstream = createConnection({ host, port: Number(port) })
    const requests = new Map<number, number>()
    const end = (): void => {
      client.destroy()
      upstream.destroy()
      sockets.delete(client)
    }
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
    sockets.add(client)
    client.on(
      'data',
      splitFrames((frame) => {
        requests.set(frame.readInt32BE(8), frame.readInt16BE(4))
        upstream.write(frame)
      }),
    )
    upstream.on(
      'data',
      splitFrames((frame) => {
        const apiKey = requests.get(frame.readInt32BE(4))
        requests.delete(frame.readInt32BE(4))
        if (losing !== undefined && losing.apiKey === apiKey) {
          const { lost } = losing
          losing = undefined
          end()
          lost()
        } else if (!silent) client.write(withAddress(frame, host, Number(port), ownPort))
      }),
    )
  }

  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const listen = (at: number): Promise<void> => {
    const next = createServer(connect)
    server = next
    return new Promise((resolve) => next.listen(at, '127.0.0.1', resolve))
  }
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server?.close(() => resolve())
      cut()
    })

  await listen(0)
  const bound = server?.address()
  ownPort = typeof bound === 'object' ? (bound?.port ?? 0) : 0
  return {
    address: `127.0.0.1:${ownPort}`,
    cut,
    close,
    open: () => listen(ownPort),
    silence(next) {
      silent = next
    },
    loseAnswer: (apiKey) =>
      new Promise((resolve) => {
        losing = { apiKey, lost: resolve }
      }),
    stop: close,
  }
}

/** Calls `take` with every whole frame, its length included. */
const splitFrames = (take: (frame: Buffer) => void): ((chunk: Buffer) => void) => {
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
const withAddress = (frame: Buffer, host: string, port: number, proxyPort: number): Buffer => {
  const address = Buffer.alloc(host.length + 4)
  address.write(host, 0, 'latin1')
  address.writeInt32BE(port, host.length)
  const copy = Buffer.from(frame)
  for (let at = copy.indexOf(address); at >= 0; at = copy.indexOf(address, at + 1)) {
    copy.writeInt32BE(proxyPort, at + host.length)
  }
  return copy
}
