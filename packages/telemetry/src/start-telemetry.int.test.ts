import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { HeaderBlock, type Logger } from '@interchange/messaging'
import { expect, test } from 'vitest'
import { startTelemetry } from './index.ts'

// Jaeger is optional on a developer's machine; CI brings one. The skip shows in the summary with this reason.
const endpoint = process.env['OTEL_EXPORTER_OTLP_ENDPOINT']
const queryUrl = process.env['JAEGER_QUERY_URL']
const jaeger = endpoint !== undefined && queryUrl !== undefined

const findTrace = async (traceId: string): Promise<unknown> => {
  for (let look = 0; look < 100; look++) {
    const response = await fetch(`${queryUrl}/api/traces/${traceId}`)
    if (response.ok) return response.json()
    await pause(100)
  }
  throw new Error(`Jaeger has no trace ${traceId}`)
}

test.skipIf(!jaeger)(
  'a span and its names arrive in a real Jaeger by the time the shutdown has ended (needs JAEGER_QUERY_URL)',
  async () => {
    const warnings: string[] = []
    const warn = (fields: unknown, message: string): void => void warnings.push(`${message} ${JSON.stringify(fields)}`)
    const logger: Logger = { debug: () => undefined, info: () => undefined, warn, error: warn }
    const service = { name: `telemetry-test-${randomBytes(4).toString('hex')}`, version: '0.0.1' }
    const telemetry = startTelemetry({
      service,
      logger,
      settings: {
        disabled: false,
        endpoint,
        headers: undefined,
        serviceName: undefined,
        resourceAttributes: undefined,
        tracesExporter: 'otlp',
        metricsExporter: 'none',
        metricIntervalMs: 60_000,
        sampler: 'parentbased_always_on',
        samplerRatio: 1,
        relation: 'parent',
      },
    })
    const traceId = randomBytes(16).toString('hex')
    const inbound = HeaderBlock.of([{ name: 'traceparent', value: `00-${traceId}-${'b'.repeat(16)}-01` }])
    const record = {
      topic: 'sales.order-placed.v1',
      partition: 0,
      offset: 1,
      group: 'ledger',
      messageId: 'm-1',
      correlationId: 'c-1',
      attempt: 1,
      replayId: undefined,
    }
    telemetry.tracing.startProcess(record, inbound)?.end({ ok: true })
    await telemetry.shutdown(5_000)
    expect(warnings).toEqual([])
    expect(await findTrace(traceId)).toMatchObject({
      data: [
        {
          traceID: traceId,
          spans: [
            {
              operationName: 'process sales.order-placed.v1',
              tags: expect.arrayContaining([
                expect.objectContaining({ key: 'interchange.correlation_id', value: 'c-1' }),
              ]),
            },
          ],
          processes: { p1: { serviceName: service.name } },
        },
      ],
    })
  },
)
