import { setTimeout as pause } from 'node:timers/promises'
import { startStack, startSystem } from '@interchange/stack'
import type { Command } from 'commander'
import { prepareCluster } from '../demo/prepare-cluster.ts'
import { print, say } from '../output.ts'
import { step } from '../progress.ts'

export const addDevCommand = (program: Command): void => {
  program
    .command('dev')
    .description('the whole system, restarted service by service when its code changes, until Ctrl-C')
    .action(runDev)
}

/** Node's own watcher restarts a service when one of its compiled files changes; `npm run dev` compiles beside it. */
const runDev = async (): Promise<void> => {
  const over = new AbortController()
  process.once('SIGINT', () => over.abort()).once('SIGTERM', () => over.abort())
  const stack = await startStack({ report: say })
  try {
    await step('Topics and schemas', () => prepareCluster(stack.env))
    const system = await step('Services', () =>
      startSystem(stack, { nodeArgs: ['--watch', '--watch-preserve-output'] }),
    )
    for (const [name, value] of Object.entries({ ...stack.env, ...system.env })) print(`export ${name}=${value}`)
    say('Everything runs. Logs: npm run ix -- stack logs NAME -f. Ctrl-C ends it.')
    while (!over.signal.aborted) await pause(60_000, undefined, { signal: over.signal }).catch(() => undefined)
  } finally {
    await stack.stop()
  }
}
