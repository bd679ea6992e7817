import { posix } from 'node:path'
import type { Finding, SourceFile } from './source-file.ts'

/** Circles of relative imports; between packages the ranks already forbid them. Type-only circles count: they read as badly. */
export const checkCycles = (files: readonly SourceFile[]): readonly Finding[] => {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const done = new Set<string>()
  const findings: Finding[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start !== -1) {
      const circle = [...trail.slice(start), path]
      findings.push({
        path,
        line: 1,
        rule: `an import circle: ${circle.join(' -> ')}`,
        remedy: 'move what both need into a file of its own',
      })
      return
    }
    if (done.has(path)) return
    for (const target of targetsOf(byPath.get(path))) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of byPath.keys()) visit(path, [])
  return findings
}

const targetsOf = (file: SourceFile | undefined): readonly string[] =>
  (file?.imports ?? []).flatMap(({ module }) =>
    module.startsWith('.') && file !== undefined ? [posix.join(posix.dirname(file.path), module)] : [],
  )
