import type { Command } from 'commander'
import { runDemo } from '../demo/run-demo.ts'

export const addDemoCommand = (program: Command): void => {
  program
    .command('demo')
    .description(
      'real orders through all four services on a real Kafka; some die for honest reasons, are fixed and replayed; then the books are closed',
    )
    .option('--data <file>', 'a retail file of your own (CSV, or .csv.gz)')
    .option('--keep', 'leave everything running and say how to look around')
    .option('--json', 'one JSON line at the very end')
    .action(runDemo)
}
