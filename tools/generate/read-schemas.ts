import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One `vN.avsc`, as read. */
export interface SchemaVersion {
  readonly version: number
  /** The path below the schemas folder, for messages. */
  readonly path: string
  readonly schema: unknown
}

/** One event: `schemas/<domain>/<event>`, or `<event>.v2` once a breaking change made a second topic. */
export interface SchemaFolder {
  readonly domain: string
  readonly event: string
  /** The major version in the topic's name. */
  readonly major: number
  /** Oldest first; numbered from 1 without a gap. */
  readonly versions: readonly [SchemaVersion, ...SchemaVersion[]]
}

const folderName = /^(?<event>[a-z][a-z0-9-]*?)(?:\.v(?<major>[2-9]|[1-9]\d+))?$/
const versionName = /^v(?<version>[1-9]\d*)\.avsc$/

const foldersIn = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()

const readVersions = (root: string, folder: string): SchemaFolder['versions'] => {
  const versions = readdirSync(join(root, folder)).flatMap((file): SchemaVersion[] => {
    const version = versionName.exec(file)?.groups?.['version']
    if (version === undefined) return []
    const path = `${folder}/${file}`
    return [{ version: Number(version), path, schema: JSON.parse(readFileSync(join(root, path), 'utf8')) }]
  })
  const [first, ...rest] = versions.sort((a, b) => a.version - b.version)
  if (first === undefined) throw new Error(`${folder}: no v1.avsc`)
  const gap = [first, ...rest].findIndex((found, index) => found.version !== index + 1)
  if (gap !== -1) throw new Error(`${folder}: v${gap + 1}.avsc is missing; versions are append-only`)
  return [first, ...rest]
}

/** Reads every event below `root`. Throws, naming the folder, on a name or a numbering it cannot place. */
export const readSchemas = (root: string): readonly SchemaFolder[] =>
  foldersIn(root).flatMap((domain) =>
    foldersIn(join(root, domain)).map((name) => {
      const groups = folderName.exec(name)?.groups
      if (groups?.['event'] === undefined) throw new Error(`${domain}/${name}: not a kebab-case event name`)
      return {
        domain,
        event: groups['event'],
        major: Number(groups['major'] ?? 1),
        versions: readVersions(root, `${domain}/${name}`),
      }
    }),
  )
