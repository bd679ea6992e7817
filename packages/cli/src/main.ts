#!/usr/bin/env node
import { CommandEnd, exitCodes } from './exit-codes.ts'
import { say, styled } from './output.ts'
import { createProgram } from './program.ts'

// A closed pipe (`ix topics tail … | head`) is a reader that has enough, not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(exitCodes.ok)
})

try {
  await createProgram().parseAsync()
} catch (error) {
  if (error instanceof CommandEnd) {
    say(error.message)
    process.exitCode = error.exitCode
  } else {
    say(styled('red', error instanceof Error ? (error.stack ?? error.message) : String(error), process.stderr))
    process.exitCode = exitCodes.failed
  }
}
