import { createReplayClient, type ReplayClient } from '@interchange/dead-letters'
import { InterchangeError } from '@interchange/messaging'
import { CommandEnd, exitCodes } from './exit-codes.ts'
import { type LetterReader, lettersFromKafka } from './letters-from-kafka.ts'
import { say } from './output.ts'
import { withSystem } from './system.ts'
import { systemEnvironment } from './system-environment.ts'

/** Runs a command on the replay service, and says what to do when it cannot be had. */
export const withDesk = async (
  command: (desk: ReplayClient) => Promise<void>,
  environment: Readonly<Record<string, string | undefined>> = systemEnvironment(),
): Promise<void> => {
  const url = environment['DLQ_REPLAY_URL']
  const token = environment['OPERATOR_TOKEN']
  if (!url || !token) {
    throw new CommandEnd(
      exitCodes.cannotConnect,
      'Set DLQ_REPLAY_URL to the address of the dlq-replay service and OPERATOR_TOKEN to its token.\nOr keep a whole system running here: npm run demo -- --keep',
    )
  }
  try {
    await command(createReplayClient({ url, token }))
  } catch (error) {
    throw explained(error)
  }
}

/** Runs a command that only reads: on the replay service, or, when it cannot be had, on the topics themselves. */
export const withLetters = async (command: (letters: LetterReader) => Promise<void>): Promise<void> => {
  try {
    await withDesk(command)
  } catch (error) {
    if (!(error instanceof CommandEnd) || error.exitCode !== exitCodes.cannotConnect) throw error
    say('The replay service does not answer; reading the topics themselves.')
    await withSystem(async (system) => command(await lettersFromKafka(system)))
  }
}

const explained = (error: unknown): unknown => {
  if (!(error instanceof InterchangeError)) return error
  if (error.code === 'ICX_REPLAY_UNREACHABLE') {
    return new CommandEnd(
      exitCodes.cannotConnect,
      `${error.message} Is dlq-replay running, and DLQ_REPLAY_URL right?`,
      error,
    )
  }
  const notFound = error.facts['status'] === 404
  return new CommandEnd(notFound ? exitCodes.nothingFound : exitCodes.failed, error.message, error)
}
