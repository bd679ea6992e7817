/** A TypeScript file of the house, and what it imports. */
export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}

export interface Import {
  readonly module: string
  /** 1-based. */
  readonly line: number
}

/** A broken rule: where, which, and what to do. */
export interface Finding {
  readonly path: string
  readonly line: number
  readonly rule: string
  readonly remedy: string
}

const importPattern =
  /^\s*(?:import|export)\b[^'"]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm

/** Reads a file's imports from its text. Comments and strings are not told apart: house style keeps imports on lines of their own. */
export const sourceFile = (path: string, text: string): SourceFile => ({
  path,
  text,
  imports: [...text.matchAll(importPattern)].map((found) => ({
    module: found[1] ?? found[2] ?? found[3] ?? '',
    line: text.slice(0, found.index + found[0].length).split('\n').length,
  })),
})

/** Fixtures are tests' own code: what only tests need may be a dev dependency. */
export const isTest = (path: string): boolean => /\.(test|fixture)\.ts$/.test(path)
