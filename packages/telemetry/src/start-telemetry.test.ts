import { HeaderBlock, silentLogger } from '@interchange/messaging'
import { expect, test } from 'vitest'
import { startTelemetry } from './start-telemetry.ts'
import { record, service, settings, traceparent } from './telemetry.fixture.ts'

test('without an endpoint, or disabled, nothing is exported and shutdown ends at once', async () => {
  const off = startTelemetry({ service, settings, logger: silentLogger })
  expect(off.enabled).toBe(false)
  expect(off.tracing.startProcess(record(), HeaderBlock.of([traceparent('01')]))).toBeUndefined()
  const disabled = { ...settings, disabled: true, endpoint: 'http://127.0.0.1:4318' }
  expect(startTelemetry({ service, settings: disabled, logger: silentLogger }).enabled).toBe(false)
  await off.shutdown(1_000)
})

test('a collector that does not answer cannot hold a shutdown longer than its deadline', async () => {
  const server = await import('node:net').then((net) => net.createServer(() => undefined))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const warnings: string[] = []
  const logger = { ...silentLogger, warn: (_: unknown, message: string) => void warnings.push(message) }
  const stuck = startTelemetry({
    service,
    settings: { ...settings, endpoint: `http://127.0.0.1:${address.port}` },
    logger,
  })
  stuck.tracing.startProcess(record(), HeaderBlock.of([traceparent('01')]))?.end({ ok: true })
  const startedMs = performance.now()
  await stuck.shutdown(200)
  expect(performance.now() - startedMs).toBeLessThan(1_000)
  expect(warnings).toContain('telemetry was not exported in time')
  server.close()
})
