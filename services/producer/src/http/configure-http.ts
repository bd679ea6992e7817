import underPressure from '@fastify/under-pressure'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { ProducerSettings } from '../create-producer.ts'
import { ProblemError } from './problem.ts'

const eventLoopDelayMsMax = 2_000

/**
 * Bodies are left on the wire for the controllers: a webhook's raw bytes are signed, an import is streamed, and both have limits of
 * their own. Sheds load when the event loop lags. A body nobody read to its end closes its connection.
 */
export const configureHttp = async (app: NestFastifyApplication, { producer }: ProducerSettings): Promise<void> => {
  const fastify = app.getHttpAdapter().getInstance()
  app.useBodyParser('*') // so that Nest brings no parsers of its own
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', (_request, _body, done) => done(null))
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (!request.raw.complete) reply.header('connection', 'close')
    done()
  })
  await fastify.register(underPressure, {
    maxEventLoopDelay: eventLoopDelayMsMax,
    pressureHandler(request) {
      // A restart would not help against load.
      if (request.url.startsWith('/health/')) return
      const detail = 'The process is overloaded and takes no requests now.'
      throw new ProblemError(503, 'ICX_HTTP_OVERLOADED', detail, { retryAfterSeconds: 2 })
    },
  })
  // Node's own limit is one for all routes; the controllers hold webhooks to the shorter one.
  app.getHttpServer().requestTimeout = producer.importTimeoutMs
}
