import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One file of an event's folder. */
export interface SchemaFile {
  /** Below the schemas folder, for messages. */
  readonly path: string
  readonly version: number
  readonly text: string
}

/** One event below the schemas folder. */
export interface SchemaFolder {
  readonly subject: string
  /** Oldest first. */
  readonly versions: readonly SchemaFile[]
  /** JSON values; the version in a sample's name (`v2-web.json`) is the one it was written with. */
  readonly samples: readonly SchemaFile[]
}

const foldersIn = (dir: string): readonly string[] =>
  readdirSync(dir, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))

const readVersioned = (root: string, folder: string, name: RegExp): readonly SchemaFile[] =>
  readdirSync(join(root, folder))
    .sort()
    .flatMap((file): SchemaFile[] => {
      const version = name.exec(file)?.[1]
      if (version === undefined) return []
      const path = `${folder}/${file}`
      return [{ path, version: Number(version), text: readFileSync(join(root, path), 'utf8') }]
    })
    .sort((a, b) => a.version - b.version)

/** Reads `<dir>/<domain>/<event>/vN.avsc` and their samples. Throws what the file system throws. */
export const readSchemaFolders = (dir: string): readonly SchemaFolder[] =>
  foldersIn(dir).flatMap((domain) =>
    foldersIn(join(dir, domain)).map((event) => {
      const folder = `${domain}/${event}`
      const samples = foldersIn(join(dir, folder)).includes('samples')
      return {
        subject: `${domain}.${/\.v\d+$/.test(event) ? event : `${event}.v1`}-value`,
        versions: readVersioned(dir, folder, /^v([1-9]\d*)\.avsc$/),
        samples: samples ? readVersioned(dir, `${folder}/samples`, /^v([1-9]\d*)-.+\.json$/) : [],
      }
    }),
  )
