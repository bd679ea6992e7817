import { scenarios } from './scenarios/index.ts'
import { soak } from './soak/soak.data.ts'

/** Everything that can be run, for people. */
export const catalogue: readonly { readonly name: string; readonly title: string; readonly says: string }[] = [
  ...scenarios,
  soak,
]
