import type { TopicKind } from '@interchange/messaging'
import type avro from 'avsc'
import { parseSchema } from './parse-schema.ts'
import { type ReadProblem, readProblems } from './read-problems.ts'

/** What a subject promises over all its versions; the registry's own names. */
export type Compatibility = 'BACKWARD_TRANSITIVE' | 'FULL_TRANSITIVE'

/**
 * Canonical events are read by services that are deployed before and after their writer. Sources and our own records
 * are read by one service, which is deployed first.
 */
export const compatibilityOfKind: Readonly<Record<TopicKind, Compatibility>> = {
  source: 'BACKWARD_TRANSITIVE',
  canonical: 'FULL_TRANSITIVE',
  internal: 'BACKWARD_TRANSITIVE',
}

/** One version of a schema. */
export interface VersionedText {
  readonly version: number
  readonly text: string
}

/** A reader that cannot read a writer of the same subject. */
export interface Incompatibility {
  readonly reader: number
  readonly writer: number
  /** The field as in `lines[].sku`; empty for the record itself. */
  readonly path: string
  /** One sentence: which version does what to which field, and who cannot read whose records for it. */
  readonly message: string
}

const explain = (problem: ReadProblem, reader: number, writer: number): string => {
  const newer = Math.max(reader, writer)
  const older = Math.min(reader, writer)
  const isReaderNewer = reader > writer
  const field = problem.path ? `field \`${problem.path}\`` : 'the record'
  switch (problem.kind) {
    case 'missing':
      return isReaderNewer ? `v${newer} adds ${field} without default` : `v${newer} removes ${field} without default`
    case 'symbols':
      return isReaderNewer
        ? `v${newer} removes the symbols ${problem.writer} of ${field} without an enum default`
        : `v${newer} adds the symbols ${problem.writer} to ${field}, for which v${older} has no enum default`
    case 'branch':
      return isReaderNewer
        ? `v${newer} removes ${problem.writer} from ${field}`
        : `v${newer} adds ${problem.writer} to ${field}, which v${older} does not know`
    case 'type': {
      const [from, to] = isReaderNewer ? [problem.writer, problem.reader] : [problem.reader, problem.writer]
      return `v${newer} changes ${field} from ${from} to ${to}`
    }
  }
}

/** The reader and writer pairs that a promise covers. */
export const pairsOf = <V extends { readonly version: number }>(
  versions: readonly V[],
  compatibility: Compatibility,
): readonly { readonly reader: V; readonly writer: V }[] =>
  versions.flatMap((reader) =>
    versions
      .filter((writer) => writer.version < reader.version || (compatibility === 'FULL_TRANSITIVE' && writer !== reader))
      .map((writer) => ({ reader, writer })),
  )

/** Everything that breaks a subject's promise; empty when it holds. Throws on text that is not Avro. */
export const checkVersions = (
  versions: readonly VersionedText[],
  compatibility: Compatibility,
): readonly Incompatibility[] => {
  const parsed = versions.map(({ version, text }): { version: number; type: avro.Type } => ({
    version,
    type: parseSchema(text),
  }))
  return pairsOf(parsed, compatibility).flatMap(({ reader, writer }) =>
    readProblems(reader.type, writer.type).map((problem) => ({
      reader: reader.version,
      writer: writer.version,
      path: problem.path,
      message: `${explain(problem, reader.version, writer.version)}: v${reader.version} readers cannot read v${writer.version} records`,
    })),
  )
}
