import type { IncomingMessage } from 'node:http'
import type { ConfigOf, httpConfig } from '@interchange/config'
import { newEventId } from '@interchange/messaging'
import type { HttpServerSpan, HttpTracing } from '@interchange/telemetry'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { FastifyRequest } from 'fastify'
import { depthOf } from './depth-of.ts'

/** Deepest nesting of a JSON body. */
export const jsonDepthMax = 32

/** The header by which a caller names its conversation, and by which we answer with it. */
export const correlationHeader = 'x-correlation-id'

const correlationText = /^[A-Za-z0-9._:-]{1,128}$/

/**
 * Fastify with its limits set: body size, nesting, slow senders, `__proto__`. `request.id` is the correlation id: the caller's when it is
 * a plain word, else a new one.
 */
export const createHttpAdapter = (settings: ConfigOf<typeof httpConfig>, tracing: HttpTracing): FastifyAdapter => {
  const adapter = new FastifyAdapter({
    logger: false,
    bodyLimit: settings.bodyBytesMax,
    requestTimeout: settings.requestTimeoutMs,
    // A socket on which nothing at all moves.
    connectionTimeout: 2 * settings.requestTimeoutMs,
    keepAliveTimeout: 65_000,
    routerOptions: { maxParamLength: 256 },
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    genReqId: (request: IncomingMessage) => {
      const given = request.headers[correlationHeader]
      return typeof given === 'string' && correlationText.test(given) ? given : newEventId(Date.now())
    },
  })
  const spans = new WeakMap<FastifyRequest, HttpServerSpan>()
  const instance = adapter.getInstance()

  instance.addHook('onRequest', (request, reply, done) => {
    reply.header(correlationHeader, request.id)
    const span = tracing.start({
      method: request.method,
      route: request.routeOptions.url,
      path: request.url.split('?', 1)[0] ?? '/',
      scheme: request.protocol,
      correlationId: request.id,
      headers: request.headers,
    })
    spans.set(request, span)
    span.run(done)
  })
  // The body arrives in events of the socket, which do not belong to the request; what follows does again.
  instance.addHook('preValidation', (request, _reply, done) => {
    const tooDeep = depthOf(request.body, jsonDepthMax) > jsonDepthMax ? tooDeepError() : undefined
    const span = spans.get(request)
    const go = (): void => done(tooDeep)
    if (span === undefined) go()
    else span.run(go)
  })
  // Without this a request under way at shutdown leaves its connection open, and closing waits for its keep-alive to end.
  let closing = false
  instance.addHook('preClose', (done) => {
    closing = true
    done()
  })
  instance.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close')
    done(null, payload)
  })
  instance.addHook('onResponse', (request, reply, done) => {
    spans.get(request)?.end(reply.statusCode)
    done()
  })
  return adapter
}

const tooDeepError = (): Error =>
  Object.assign(new Error(`The body is nested deeper than ${jsonDepthMax}.`), { statusCode: 400 })
