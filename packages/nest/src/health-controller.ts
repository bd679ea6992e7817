import { Controller, Get, Inject, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import type { KafkaRuntime } from './kafka-runtime.ts'
import { KAFKA } from './tokens.ts'

/** One word for the whole process, and what each group and relay says. */
export interface HealthReport {
  readonly status: 'starting' | 'ok' | 'degraded' | 'failed'
  readonly groups: ReturnType<KafkaRuntime['health']>
  /** Who carries the groups' outboxes to Kafka; `standby` where another process does. */
  readonly relays: ReturnType<KafkaRuntime['relays']>
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

/** The worst that start-up, groups and relays say. A relay fails nobody: what it has not sent waits in its table. */
export const healthReport = (kafka: Pick<KafkaRuntime, 'state' | 'health' | 'relays'>): HealthReport => {
  const groups = kafka.health()
  const relays = kafka.relays()
  return { status: statusOf(kafka.state(), groups, relays), groups, relays }
}

const statusOf = (
  state: ReturnType<KafkaRuntime['state']>,
  groups: HealthReport['groups'],
  relays: HealthReport['relays'],
): HealthReport['status'] => {
  const states = new Set(groups.map((group) => group.state))
  if (state === 'failed' || states.has('failed') || states.has('stopped')) return 'failed'
  if (state === 'starting' || states.has('starting')) return 'starting'
  return states.has('degraded') || relays.some((relay) => relay.state === 'degraded') ? 'degraded' : 'ok'
}
