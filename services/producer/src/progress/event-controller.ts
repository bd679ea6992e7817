import { Controller, Get, Inject, Param } from '@nestjs/common'
import type { Producer } from '../create-producer.ts'
import { ProblemError } from '../http/problem.ts'
import { PRODUCER } from '../tokens.ts'
import { type EventStatus, eventStatus } from './event-status.ts'

/** What became of an event. Open to whoever knows its id, which cannot be guessed; it shows no payload. */
@Controller('events')
export class EventController {
  readonly #producer: Producer

  constructor(@Inject(PRODUCER) producer: Producer) {
    this.#producer = producer
  }

  @Get(':id')
  async status(@Param('id') id: string): Promise<EventStatus> {
    const progress = uuid.test(id) ? await this.#producer.progress.find(id) : undefined
    if (progress === undefined) throw new ProblemError(404, 'ICX_HTTP_NOT_FOUND', 'There is no such event.')
    return eventStatus(progress)
  }
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
