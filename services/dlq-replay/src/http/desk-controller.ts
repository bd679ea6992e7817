import {
  type Archived,
  type AuditEntry,
  type CauseSummary,
  type LetterDetail,
  type LetterPage,
  type ReplayStatus,
  toAuditEntry,
  toCauseSummary,
  toLetterDetail,
} from '@interchange/dead-letters'
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  Post,
  Query,
  Res,
  UseGuards,
} from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import type { ReplayDesk } from '../desk/replay-desk.ts'
import { letterPage } from './letter-page.ts'
import { OperatorGuard } from './operator-guard.ts'
import {
  readArchiveRequest,
  readCausesRequest,
  readContinueRequest,
  readLetterRequest,
  readListRequest,
  readReplayRequest,
} from './requests.ts'

export const DESK: unique symbol = Symbol('replay desk')

/** Dead letters over HTTP; the shapes are those of `@interchange/dead-letters`. */
@Controller()
@UseGuards(OperatorGuard)
export class DeskController {
  readonly #desk: ReplayDesk

  constructor(@Inject(DESK) desk: ReplayDesk) {
    this.#desk = desk
  }

  @Get('dead-letters')
  list(@Query() query: unknown): LetterPage {
    const { filter, limit, cursor } = readListRequest(query)
    return letterPage(this.#desk.book.list(filter), limit, cursor)
  }

  @Get('dead-letters/causes')
  causes(@Query() query: unknown): readonly CauseSummary[] {
    return this.#desk.book.causes(readCausesRequest(query)).map(toCauseSummary)
  }

  @Get('dead-letters/:id')
  async show(@Param('id') id: string, @Query() query: unknown): Promise<LetterDetail> {
    const { reveal, actor } = readLetterRequest(query)
    const listed = this.#desk.book.find(id)
    if (listed === undefined) throw new NotFoundException('No dead letter has this id.')
    const shown = await this.#desk.show(listed, reveal ? { actor } : undefined)
    return toLetterDetail(listed, shown, reveal)
  }

  @Post('replays')
  @HttpCode(202)
  async replay(@Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply): Promise<ReplayStatus> {
    const status = await this.#desk.start(readReplayRequest(body))
    reply.header('location', `/replays/${status.replayId}`)
    return status
  }

  /** What a replay that was cut short has left, under its id. */
  @Post('replays/:id/continuation')
  @HttpCode(202)
  async continue(@Param('id') replayId: string, @Body() body: unknown): Promise<ReplayStatus> {
    const status = await this.#desk.continue(replayId, readContinueRequest(body))
    if (status === undefined) throw new NotFoundException('No replay has this id.')
    return status
  }

  @Post('archivals')
  @HttpCode(200)
  archive(@Body() body: unknown): Promise<Archived> {
    return this.#desk.archive(readArchiveRequest(body))
  }

  @Get('replays/:id')
  status(@Param('id') replayId: string): ReplayStatus {
    const status = this.#desk.status(replayId)
    if (status === undefined) throw new NotFoundException('No replay has this id.')
    return status
  }

  /** Newest first. */
  @Get('audit')
  audit(): readonly AuditEntry[] {
    return this.#desk.book.audits().map(toAuditEntry)
  }
}
