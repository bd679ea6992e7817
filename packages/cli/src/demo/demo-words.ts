import type { CauseSummary } from '@interchange/dead-letters'
import { safeText, say, styled } from '../output.ts'
import type { DemoResult } from './demo-result.ts'

/** The causes for a person, on stderr. */
export const printCauses = (title: string, causes: readonly CauseSummary[]): void => {
  say(`\n${styled('bold', title, process.stderr)}`)
  for (const cause of causes) {
    const count = `${cause.open} open, ${cause.resolved} resolved`.padEnd(24)
    say(`  ${count} ${cause.group.padEnd(12)} ${cause.reason.padEnd(9)} ${safeText(cause.errorMessage ?? '')}`)
  }
  say('')
}

/** The figures for a person, on stderr. */
export const printSummary = (result: DemoResult): void => {
  const { events, file } = result
  say(`\n${styled('bold', 'The books', process.stderr)}  in = done + waiting + dead, by distinct message ids`)
  for (const { group, in: received, done, waiting, dead } of result.groups) {
    say(`  ${group.padEnd(14)} ${String(received).padStart(7)} = ${done} + ${waiting} + ${dead}`)
  }
  say(`  accepted ${events.accepted}, lost ${events.lost}, effects twice ${events.duplicatedEffects}`)
  say(
    `  dead letters ${events.deadLettered}: ${events.replayed} sent back after the fix, ${events.resolved} resolved; ${events.failedAgain} of an unfixed cause failed again`,
  )
  say(
    `  file ${money(file.grossMinor + file.cancelledMinor)} = posted ${money(file.postedGrossMinor + file.postedCancelledMinor)} + dead ${money(file.deadMinor)} + rejected ${money(file.rejectedMinor)}`,
  )
  say(`  ${result.seconds} s\n`)
}

const money = (minor: number): string => `£${(minor / 100).toLocaleString('en', { minimumFractionDigits: 2 })}`
