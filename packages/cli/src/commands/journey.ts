import { catalogue } from '@interchange/contracts'
import { type Hop, type Journey, journeyOf } from '@interchange/journey'
import type { Command } from 'commander'
import { sinceArgument } from '../duration-argument.ts'
import { CommandEnd, exitCodes } from '../exit-codes.ts'
import { duration, instant, print, printJson, safeText, styled } from '../output.ts'
import { type System, withSystem } from '../system.ts'

export const addJourneyCommand = (program: Command): void => {
  program
    .command('journey')
    .description(
      'what happened to one correlation id: each hop, how long it took, what failed. Read from the topics, not from traces',
    )
    .argument('<correlation-id>', 'as the ingest API answered it, or from a header, a log line or a span')
    .option('--since <age>', 'read from this age or instant on; default: the time inside the id', sinceArgument)
    .option('--json', 'one JSON document')
    .action((correlationId: string, options: { since?: number; json?: boolean }) =>
      withSystem(async (system) => {
        const journey = await readJourney(system, correlationId, options.since)
        if (options.json === true) printJson(journey)
        else printJourney(journey, system.environment['JAEGER_QUERY_URL'])
      }),
    )
}

const readJourney = async (system: System, correlationId: string, sinceMs: number | undefined): Promise<Journey> => {
  const journey = await journeyOf(system.transport, correlationId, {
    topics: catalogue,
    signal: system.signal,
    ...(sinceMs !== undefined && { sinceMs }),
  })
  if (journey.hops.length === 0) {
    throw new CommandEnd(
      exitCodes.nothingFound,
      `No record carries the correlation id ${safeText(correlationId)}. If it is old, say --since.`,
    )
  }
  return journey
}

/** Draws the journey as the messages travelled, causes above effects. */
export const printJourney = (journey: Journey, jaegerUrl: string | undefined): void => {
  print(
    `${styled('bold', safeText(journey.correlationId))}  ${journey.hops.length} hops in ${duration(journey.tookMs)}`,
  )
  const depths = new Map<string, number>()
  for (const hop of journey.hops) {
    const depth = depthOf(hop, depths)
    print(`${'  '.repeat(depth + 1)}${hopLine(hop)}`)
    for (const line of detailLines(hop)) print(`${'  '.repeat(depth + 3)}${line}`)
  }
  for (const traceId of journey.traceIds) {
    print(styled('dim', `trace ${traceId}${jaegerUrl === undefined ? '' : `  ${jaegerUrl}/api/traces/${traceId}`}`))
  }
}

const depthOf = (hop: Hop, depths: Map<string, number>): number => {
  if (hop.role !== 'events') return (depths.get(hop.messageId) ?? 0) + 1
  const depth = hop.causationId === null ? 0 : (depths.get(hop.causationId) ?? -1) + 1
  if (!depths.has(hop.messageId)) depths.set(hop.messageId, depth)
  return depth
}

const marks = { events: '●', 'dead-letters': '✗', replay: '↻', retry: '◷' } as const
const colours = { events: 'green', 'dead-letters': 'red', replay: 'yellow', retry: 'yellow' } as const

const hopLine = (hop: Hop): string => {
  const mark = styled(colours[hop.role], marks[hop.role])
  const place = styled('dim', `${hop.partition}/${hop.offset}`)
  return `${mark} ${instant(hop.atMs)}  ${hop.topic} ${place}  +${duration(hop.tookMs)}`
}

const detailLines = (hop: Hop): readonly string[] => [
  ...(hop.failure === null
    ? []
    : [styled('red', `${hop.failure.class} ${hop.failure.code}: ${safeText(hop.failure.message)}`)]),
  ...(hop.receivers.length === 0
    ? []
    : [
        styled('dim', hop.receivers.map(({ group, state }) => `${group} ${state === 'passed' ? '✓' : '…'}`).join('  ')),
      ]),
]
