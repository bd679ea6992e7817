import type { Violation } from '@interchange/drill-kit'

/** What broke, and below each the few facts that show it. */
export const counterExampleLines = (examples: readonly Violation[]): readonly string[] =>
  examples.flatMap(({ invariant, detail, facts }) => [
    `  ${invariant}: ${detail}`,
    ...facts.map((fact) => `    ${JSON.stringify(fact)}`),
  ])
