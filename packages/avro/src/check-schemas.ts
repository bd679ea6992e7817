import { isDeepStrictEqual } from 'node:util'
import type avro from 'avsc'
import { type Compatibility, checkVersions, pairsOf } from './compatibility.ts'
import { parseSchema } from './parse-schema.ts'
import { readSchemaFolders, type SchemaFile, type SchemaFolder } from './schema-folders.ts'

/** Something that must not be committed, or at least not registered. */
export interface SchemaFinding {
  readonly subject: string
  /** The file to look at, below the schemas folder. */
  readonly path: string
  readonly message: string
}

/** What a check looked at and what it found. */
export interface SchemaCheck {
  readonly subjects: number
  readonly versions: number
  readonly samples: number
  readonly findings: readonly SchemaFinding[]
}

const samplesMin = 2

interface Parsed extends SchemaFile {
  readonly type: avro.Type
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const canRead = (reader: avro.Type, writer: avro.Type, bytes: Buffer): boolean => {
  try {
    reader.fromBuffer(bytes, reader.createResolver(writer))
    return true
  } catch {
    return false
  }
}

/** A sample is exactly a value of its own version, and every reader that is promised to can read it. */
const checkSample = (
  sample: SchemaFile,
  parsed: readonly Parsed[],
  compatibility: Compatibility,
): readonly { path: string; message: string }[] => {
  const finding = (message: string) => [{ path: sample.path, message }]
  const writer = parsed.find(({ version }) => version === sample.version)
  if (writer === undefined) return finding(`there is no v${sample.version}.avsc`)
  try {
    const value: unknown = JSON.parse(sample.text)
    const wrong: string[] = []
    const errorHook = (path: readonly string[]): void => void wrong.push(path.join('.') || 'the value')
    if (!writer.type.isValid(value, { noUndeclaredFields: true, errorHook })) {
      return finding(`not a value of v${sample.version}: ${wrong.join(', ')}`)
    }
    const bytes = writer.type.toBuffer(value)
    if (!isDeepStrictEqual(plain(writer.type.fromBuffer(bytes)), plain(value))) {
      return finding(`changes when it is written and read: every field must be there`)
    }
    const readers = pairsOf(parsed, compatibility).filter((pair) => pair.writer === writer)
    return readers.flatMap(({ reader }) =>
      canRead(reader.type, writer.type, bytes) ? [] : finding(`v${reader.version} readers cannot read it`),
    )
  } catch (error) {
    return finding(messageOf(error))
  }
}

const checkNumbers = ({ versions, subject }: SchemaFolder): readonly { path: string; message: string }[] => {
  if (versions.length === 0) return [{ path: subject, message: 'there is no v1.avsc' }]
  return versions.flatMap(({ path, version }, index) =>
    version === index + 1 ? [] : [{ path, message: `v${index + 1}.avsc is missing: versions are append-only` }],
  )
}

const parseAll = (folder: SchemaFolder): { parsed: Parsed[]; failures: { path: string; message: string }[] } => {
  const parsed: Parsed[] = []
  const failures: { path: string; message: string }[] = []
  for (const file of folder.versions) {
    try {
      parsed.push({ ...file, type: parseSchema(file.text) })
    } catch (error) {
      failures.push({ path: file.path, message: `not an Avro schema: ${messageOf(error)}` })
    }
  }
  return { parsed, failures }
}

/** Checks one event: its numbering, its versions against each other, and its samples against every reader. Pure. */
export const checkFolder = (folder: SchemaFolder, compatibility: Compatibility): readonly SchemaFinding[] => {
  const { parsed, failures } = parseAll(folder)
  const pathOf = (version: number): string => parsed.find((file) => file.version === version)?.path ?? folder.subject
  const incompatible = checkVersions(parsed, compatibility).map(({ reader, writer, message }) => ({
    path: pathOf(Math.max(reader, writer)),
    message,
  }))
  const samples = folder.samples.flatMap((sample) => checkSample(sample, parsed, compatibility))
  const newest = parsed.at(-1)
  const counts =
    newest !== undefined && folder.samples.filter(({ version }) => version === newest.version).length < samplesMin
      ? [{ path: newest.path, message: `has fewer than ${samplesMin} samples` }]
      : []
  return [...checkNumbers(folder), ...failures, ...incompatible, ...samples, ...counts].map((finding) => ({
    subject: folder.subject,
    ...finding,
  }))
}

/**
 * Checks every event below `dir`, offline. `compatibilityOf` says what a subject promises; undefined means that nothing
 * claims the subject, which is a finding too.
 */
export const checkSchemas = (
  dir: string,
  compatibilityOf: (subject: string) => Compatibility | undefined,
): SchemaCheck => {
  const folders = readSchemaFolders(dir)
  const findings = folders.flatMap((folder): readonly SchemaFinding[] => {
    const { subject } = folder
    const compatibility = compatibilityOf(subject)
    const path = folder.versions[0]?.path ?? subject
    return compatibility === undefined
      ? [{ subject, path, message: 'no topic of the catalogue carries it' }]
      : checkFolder(folder, compatibility)
  })
  return {
    subjects: folders.length,
    versions: folders.reduce((sum, { versions }) => sum + versions.length, 0),
    samples: folders.reduce((sum, { samples }) => sum + samples.length, 0),
    findings,
  }
}
