import { Controller, Get, Inject, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import type { KafkaRuntime } from './kafka-runtime.ts'
import { KAFKA } from './tokens.ts'

/** One word for the whole process, and what each group says. */
export interface HealthReport {
  readonly status: 'starting' | 'ok' | 'degraded' | 'failed'
  readonly groups: ReturnType<KafkaRuntime['health']>
}

/** What an orchestrator asks. An outage of a dependency is `degraded` and 200: a restart would not cure it. */
@Controller('health')
export class HealthController {
  readonly #kafka: KafkaRuntime

  constructor(@Inject(KAFKA) kafka: KafkaRuntime) {
    this.#kafka = kafka
  }

  /** The event loop turns. */
  @Get('live')
  live(): { readonly status: 'ok' } {
    return { status: 'ok' }
  }

  /** Start-up is over: topics checked, schemas there, groups joined. */
  @Get('started')
  started(@Res({ passthrough: true }) reply: FastifyReply): { readonly status: string } {
    const state = this.#kafka.state()
    if (state !== 'started') reply.status(503)
    return { status: state }
  }

  /** Able to work. */
  @Get('ready')
  ready(@Res({ passthrough: true }) reply: FastifyReply): HealthReport {
    const report = healthReport(this.#kafka)
    if (report.status === 'starting' || report.status === 'failed') reply.status(503)
    return report
  }
}

/** The worst that start-up and the groups say. */
export const healthReport = (kafka: Pick<KafkaRuntime, 'state' | 'health'>): HealthReport => {
  const groups = kafka.health()
  const states = new Set(groups.map(({ state }) => state))
  const state = kafka.state()
  if (state === 'failed' || states.has('failed') || states.has('stopped')) return { status: 'failed', groups }
  if (state === 'starting' || states.has('starting')) return { status: 'starting', groups }
  return { status: states.has('degraded') ? 'degraded' : 'ok', groups }
}
