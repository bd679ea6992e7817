import { Command } from 'commander'
import { addDemoCommand } from './commands/demo.ts'
import { addDevCommand } from './commands/dev.ts'
import { addDlqCommands } from './commands/dlq.ts'
import { addDoctorCommand } from './commands/doctor.ts'
import { addDrillCommands } from './commands/drill.ts'
import { addEventsCommands } from './commands/events.ts'
import { addGroupsCommands } from './commands/groups.ts'
import { addJourneyCommand } from './commands/journey.ts'
import { addOutboxCommands } from './commands/outbox.ts'
import { addReplayCommands } from './commands/replay.ts'
import { addSchemasCommands } from './commands/schemas.ts'
import { addStackCommands } from './commands/stack.ts'
import { addTopicsCommands } from './commands/topics.ts'
import { exitCodes } from './exit-codes.ts'

const afterHelp = `
Addresses come from the environment (KAFKA_BROKERS, SCHEMA_REGISTRY_URL, DATABASE_URL, DLQ_REPLAY_URL), else from
the stack that runs in this checkout. Data goes to stdout, words to stderr; --json gives JSON Lines for pipes.

Exit codes: 0 ok, 1 failed, 2 usage, 3 partly done, 4 nothing found, 5 cannot connect, 130 interrupted.`

/** The whole command line. A usage error ends the process with exit code 2. */
export const createProgram = (): Command => {
  const program = new Command('ix')
    .description('Interchange: see what travels between the services, what failed and why, and send it back.')
    .version('0.1.0')
    .showHelpAfterError('(say --help for what there is)')
    .addHelpText('after', afterHelp)
  addDlqCommands(program)
  addReplayCommands(program)
  addOutboxCommands(program)
  addJourneyCommand(program)
  addTopicsCommands(program)
  addGroupsCommands(program)
  addEventsCommands(program)
  addSchemasCommands(program)
  addDoctorCommand(program)
  addStackCommands(program)
  addDemoCommand(program)
  addDevCommand(program)
  addDrillCommands(program)
  exitOnUsage(program)
  return program
}

/** commander ends with 1 on a usage error; 2 is what the shell knows for it. Set on every command: settings do not inherit. */
const exitOnUsage = (command: Command): void => {
  command.exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage))
  for (const child of command.commands) exitOnUsage(child)
}
