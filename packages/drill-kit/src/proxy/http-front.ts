import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How a front answers in place of the server behind it. */
export type Manner =
  | { readonly kind: 'status'; readonly status: number }
  /** Status 200 and a page for people, as a proxy in between shows it. */
  | { readonly kind: 'page' }
  /** Headers at once, then a byte at a time: it never quite stops answering. */
  | { readonly kind: 'drip'; readonly everyMs: number }
  /** Takes the request and says nothing. */
  | { readonly kind: 'silence' }

/** A manner at work. It counts as a fault only when somebody was answered so. */
export interface ActiveManner {
  /** Requests answered so. */
  effects(): number
  /** From now on requests go through again; who still waits is cut off. Idempotent. */
  remove(): Promise<void>
}

/** One request, as it came. */
export interface AskedRequest {
  readonly atMs: number
  readonly path: string
  /** What the server behind answered; undefined where it did not, or was not asked. */
  readonly status: number | undefined
}

/** A thin HTTP server in front of another, which knows who asked what and can be made to misbehave. */
export interface HttpFront {
  /** `host:port` for clients. */
  readonly address: string
  /** One manner at a time: the last one holds. */
  behave(manner: Manner): ActiveManner
  /** Every request so far. */
  asked(): readonly AskedRequest[]
  /** Ends every connection and takes no new one. */
  stop(): Promise<void>
}

const page = '<!doctype html><title>Sign in</title><p>Please sign in to continue.</p>'

/** Starts a front. `target` is `host:port`; without one every request is answered with an empty 200. */
export const startHttpFront = async ({ target }: { readonly target?: string }): Promise<HttpFront> => {
  const asked: AskedRequest[] = []
  let current: { readonly manner: Manner; effects: number; readonly open: Set<ServerResponse> } | undefined

  const server = createServer((incoming, answer) => {
    const one = { atMs: performance.now(), path: incoming.url ?? '', status: undefined as number | undefined }
    asked.push(one)
    answer.on('error', () => undefined)
    if (current === undefined) {
      if (target === undefined) incoming.resume().on('end', () => answer.end())
      else
        forward(target, incoming, answer, (status) => {
          one.status = status
        })
      return
    }
    const { manner, open } = current
    current.effects++
    open.add(answer)
    answer.on('close', () => open.delete(answer))
    incoming.resume()
    misbehave(manner, answer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    behave(manner) {
      const active = { manner, effects: 0, open: new Set<ServerResponse>() }
      current = active
      return {
        effects: () => active.effects,
        async remove() {
          if (current === active) current = undefined
          for (const answer of active.open) answer.destroy()
        },
      }
    },
    asked: () => asked,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

const misbehave = (manner: Manner, answer: ServerResponse): void => {
  if (manner.kind === 'status') answer.writeHead(manner.status, { 'retry-after': '1' }).end('{"message":"not now"}')
  else if (manner.kind === 'page') answer.writeHead(200, { 'content-type': 'text/html' }).end(page)
  else if (manner.kind === 'drip') {
    answer.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    const dripping = setInterval(() => answer.write(' '), manner.everyMs)
    answer.on('close', () => clearInterval(dripping))
  }
}

const forward = (
  target: string,
  incoming: IncomingMessage,
  answer: ServerResponse,
  answered: (status: number | undefined) => void,
): void => {
  const [host, port] = target.split(':')
  const { method, url, headers } = incoming
  const onward = request({ host, port, method, path: url, headers }, (response) => {
    answered(response.statusCode)
    answer.writeHead(response.statusCode ?? 502, response.headers)
    response.pipe(answer)
  })
  // What is behind is down: so is the front, for whoever asked.
  onward.on('error', () => answer.destroy())
  answer.on('close', () => onward.destroy())
  incoming.pipe(onward)
}
