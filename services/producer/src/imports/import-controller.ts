import { Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Producer } from '../create-producer.ts'
import { tokenNameOf } from '../http/bearer-token.ts'
import { ProblemError } from '../http/problem.ts'
import { PRODUCER } from '../tokens.ts'
import { type ImportStatus, importStatus } from './import-status.ts'
import type { ImportJob } from './job-store.ts'
import { receiveImport } from './receive-import.ts'
import { rejectHeader } from './reject-file.ts'
import { readRejects } from './spool.ts'

/** Retail exports as jobs. Everything here wants a bearer token. */
@Controller('imports')
export class ImportController {
  readonly #producer: Producer

  constructor(@Inject(PRODUCER) producer: Producer) {
    this.#producer = producer
  }

  /** Answers 202 once the file is on disk and the job in the database; 200 when the job was there already. */
  @Post('retail')
  async receive(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportStatus> {
    const { spool, jobs, settings, wakeImports } = this.#producer
    const token = await this.#admit(request, reply)
    const tools = { spool, jobs, timeoutMs: settings.producer.importTimeoutMs, wake: wakeImports }
    const { job, added } = await receiveImport(tools, token, request.headers, request.raw)
    reply.status(added ? 202 : 200).header('location', `/imports/${job.id}`)
    return importStatus(job, Date.now())
  }

  /** How far an import is. */
  @Get(':id')
  async status(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportStatus> {
    await this.#admit(request, reply)
    return importStatus(await this.#find(id), Date.now())
  }

  /** The lines that were not taken, with the reasons. */
  @Get(':id/rejects')
  async rejects(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer | string> {
    await this.#admit(request, reply)
    const { rejectsBytes } = await this.#find(id)
    reply.type('text/csv; charset=utf-8').header('content-disposition', `attachment; filename="rejects-${id}.csv"`)
    return rejectsBytes === 0 ? rejectHeader : readRejects(this.#producer.spool.rejectsPath(id), rejectsBytes)
  }

  async #admit(request: FastifyRequest, reply: FastifyReply): Promise<string> {
    const token = tokenNameOf(this.#producer.settings.producer.tokens, request.headers.authorization)
    reply.headers(await this.#producer.limitImports(token))
    return token
  }

  async #find(id: string): Promise<ImportJob> {
    const job = /^[0-9a-f-]{36}$/.test(id) ? await this.#producer.jobs.find(id) : undefined
    if (job === undefined) throw new ProblemError(404, 'ICX_HTTP_NOT_FOUND', 'There is no such import.')
    return job
  }
}
