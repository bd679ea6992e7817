import { createReplayClient, type ReplayClient } from '@interchange/dead-letters'
import { InterchangeError } from '@interchange/messaging'
import { CommandEnd, exitCodes } from './exit-codes.ts'
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
