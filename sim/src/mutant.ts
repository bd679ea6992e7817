/** One way to break the product: one edit of one of its sources. `sim/mutants/README.md` says what each breaks. */
export interface Mutant {
  readonly name: string
  /** Whose sources. */
  readonly of: 'messaging' | 'store'
  /** Below `packages/<of>/src`. */
  readonly file: string
  /** Occurs exactly once. */
  readonly find: string
  readonly replace: string
}

export const kernelMutant = (name: string, file: string, find: string, replace: string): Mutant => ({
  name,
  of: 'messaging',
  file,
  find,
  replace,
})

export const storeMutant = (name: string, file: string, find: string, replace: string): Mutant => ({
  name,
  of: 'store',
  file,
  find,
  replace,
})
