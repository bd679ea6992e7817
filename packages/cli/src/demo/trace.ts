import { setTimeout as pause } from 'node:timers/promises'
import type { RunningStack } from '@interchange/stack'
import type { DemoResult } from './demo-result.ts'

const patienceMs = 20_000
const expectedServices = 3

/** Which services a trace has in Jaeger, once all have exported; what there is when patience ends. */
export const findTrace = async (stack: RunningStack, traceId: string | null): Promise<DemoResult['trace']> => {
  const { jaegerQueryUrl } = stack.addresses
  if (jaegerQueryUrl === null || traceId === null) return { traceId, services: [], url: null }
  const url = `${jaegerQueryUrl}/api/traces/${traceId}`
  const deadline = Date.now() + patienceMs
  for (;;) {
    const services = await servicesOf(url)
    if (services.length >= expectedServices || Date.now() > deadline) return { traceId, services, url }
    await pause(250)
  }
}

const servicesOf = async (url: string): Promise<readonly string[]> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) })
  // 404 until the first span has arrived.
  if (answer.status === 404) return []
  const { data } = (await answer.json()) as {
    data: readonly { processes: Readonly<Record<string, { serviceName: string }>> }[] | null
  }
  const names = (data ?? []).flatMap(({ processes }) => Object.values(processes).map(({ serviceName }) => serviceName))
  const order = ['producer', 'transformer', 'consumer']
  return [...new Set(names)].toSorted((a, b) => order.indexOf(a) - order.indexOf(b))
}
