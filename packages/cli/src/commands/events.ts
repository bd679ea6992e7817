import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { topicNamed, topics } from '@interchange/contracts'
import type { Command } from 'commander'
import { CommandEnd, exitCodes } from '../exit-codes.ts'
import { printJson } from '../output.ts'
import { type System, withSystem } from '../system.ts'

export const addEventsCommands = (program: Command): void => {
  const events = program.command('events').description('publish by hand')

  events
    .command('produce')
    .description('publish events of a topic from JSON Lines; one line of JSON comes back for each that Kafka has')
    .argument('<topic>', 'name of the topic')
    .option('--file <path>', 'file of JSON values, one a line; - is standard input', '-')
    .option('--correlation <id>', 'correlation id; default: each event its own')
    .action((name: string, options: { file: string; correlation?: string }) =>
      withSystem((system) => produce(system, name, options)),
    )
}

const produce = async (
  system: System,
  name: string,
  options: { file: string; correlation?: string },
): Promise<void> => {
  const topic = topicNamed(name)
  if (topic === undefined) {
    throw new CommandEnd(
      exitCodes.usage,
      `The catalogue has no topic ${name}. It has:\n${topics.map((known) => `  ${known.name}`).join('\n')}`,
    )
  }
  const input = options.file === '-' ? await text(process.stdin) : await readFile(options.file, 'utf8')
  const values = input.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [parseLine(line, index + 1)]))
  const publisher = await system.publisher([topic])
  for (const value of values) {
    printJson(
      await publisher.publish(
        topic,
        value,
        options.correlation === undefined ? {} : { correlationId: options.correlation },
      ),
    )
  }
}

const parseLine = (line: string, number: number): unknown => {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw new CommandEnd(
      exitCodes.usage,
      `Line ${number} is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}
