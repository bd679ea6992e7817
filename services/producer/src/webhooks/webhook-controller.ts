import { Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AcceptedEvent } from '../claims/publish-event.ts'
import type { Producer } from '../create-producer.ts'
import { ProblemError } from '../http/problem.ts'
import { readBody } from '../http/read-body.ts'
import { PRODUCER } from '../tokens.ts'
import { receiveWebhook } from './receive-webhook.ts'

/** Webhooks in the shop's own format. */
@Controller('webhooks/shop')
export class WebhookController {
  readonly #producer: Producer

  constructor(@Inject(PRODUCER) producer: Producer) {
    this.#producer = producer
  }

  /** Answers 202 once Kafka has the event. */
  @Post(':resource/:action')
  @HttpCode(202)
  async receive(
    @Param('resource') resource: string,
    @Param('action') action: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AcceptedEvent> {
    const { settings, publishEvent, limitWebhooks } = this.#producer
    if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
      throw new ProblemError(415, 'ICX_HTTP_MEDIA_TYPE', 'The content type must be application/json.')
    }
    const body = await readBody(request.raw, settings.http.bodyBytesMax, settings.http.requestTimeoutMs)
    const admit = async (shop: string): Promise<void> => {
      reply.headers(await limitWebhooks(shop))
    }
    const tools = { publishEvent, secret: settings.producer.webhookSecret, admit }
    return receiveWebhook(tools, `${resource}/${action}`, request.headers, body, request.id)
  }
}
