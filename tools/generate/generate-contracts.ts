import { asSchema } from './avro-schema.ts'
import { printTypes } from './print-types.ts'
import type { SchemaFolder } from './read-schemas.ts'

/** A file to be written, its path below the output folder. */
export interface GeneratedFile {
  readonly path: string
  readonly text: string
}

const banner = '// Generated from schemas/ by `npm run generate`. Do not edit.\n\n'

const pascal = (kebab: string): string =>
  kebab.replaceAll(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
const camel = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

/** Two domains may name an event alike, for example a customer of billing and one of marketing: both then get a prefix. */
const exportNameOf = (folder: SchemaFolder, all: readonly SchemaFolder[]): string => {
  const isShared = all.some((other) => other.event === folder.event && other.domain !== folder.domain)
  const prefix = isShared ? pascal(folder.domain) : ''
  return `${prefix}${pascal(folder.event)}${folder.major > 1 ? `V${folder.major}` : ''}`
}

const topicNameOf = (folder: SchemaFolder): string => `${folder.domain}.${folder.event}.v${folder.major}`
const moduleNameOf = (folder: SchemaFolder): string =>
  `${folder.domain}/${folder.event}${folder.major > 1 ? `-v${folder.major}` : ''}`

const recordNameOf = (folder: SchemaFolder): string => {
  const expected = `io.interchange.${folder.domain}.${pascal(folder.event)}`
  for (const { path, schema } of folder.versions) {
    const { namespace, name } = asSchema(schema)
    if (`${namespace}.${name}` !== expected)
      throw new Error(`${path}: the record is ${namespace}.${name}, not ${expected}`)
  }
  return expected
}

const quoted = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`

const printReference = (folder: SchemaFolder, recordName: string, version: number, schema: unknown): string =>
  [
    '  {',
    `    subject: '${topicNameOf(folder)}-value',`,
    `    recordName: '${recordName}',`,
    `    version: ${version},`,
    `    text: ${quoted(JSON.stringify(schema))},`,
    '  },',
  ].join('\n')

/** One module an event: the newest version's types, and the schema text of every version. */
const generateEvent = (folder: SchemaFolder, exportName: string): { file: GeneratedFile; names: readonly string[] } => {
  const recordName = recordNameOf(folder)
  const newest = folder.versions[folder.versions.length - 1] ?? folder.versions[0]
  const nameOf = (fullName: string): string =>
    fullName === recordName ? exportName : fullName.slice(fullName.lastIndexOf('.') + 1)
  const types = printTypes(asSchema(newest.schema), nameOf)
  const references = folder.versions.map(({ version, schema }) => printReference(folder, recordName, version, schema))
  const logical =
    types.imports.length > 0 ? `import type { ${types.imports.join(', ')} } from '../../logical-types.ts'\n` : ''
  const text = [
    `${banner}import type { SchemaReference } from '@interchange/messaging'\n${logical}`,
    types.text,
    `/** Every version of \`${recordName}\`, oldest first. */`,
    `export const ${camel(exportName)}Versions: readonly [SchemaReference, ...SchemaReference[]] = [`,
    `${references.join('\n')}\n]\n`,
  ].join('\n')
  return { file: { path: `${moduleNameOf(folder)}.ts`, text }, names: types.names }
}

const generateVersions = (modules: readonly { path: string; constant: string }[]): GeneratedFile => ({
  path: 'schema-versions.ts',
  text: [
    `${banner}import type { SchemaReference } from '@interchange/messaging'`,
    ...modules.map(({ path, constant }) => `import { ${constant} } from './${path}.ts'`),
    '\n/** Every version of every schema, oldest first; one entry a subject. */',
    'export const schemaVersions: readonly (readonly [SchemaReference, ...SchemaReference[]])[] = [',
    ...modules.map(({ constant }) => `  ${constant},`),
    ']\n',
  ].join('\n'),
})

/** The complete generated folder. Pure: the same schemas give the same bytes. Throws when two types get one name. */
export const generateContracts = (folders: readonly SchemaFolder[]): readonly GeneratedFile[] => {
  const definedIn = new Map<string, string>()
  const files = folders.map((folder) => {
    const { file, names } = generateEvent(folder, exportNameOf(folder, folders))
    for (const name of names) {
      const other = definedIn.get(name)
      if (other !== undefined) throw new Error(`${file.path}: the type ${name} is defined in ${other} already`)
      definedIn.set(name, file.path)
    }
    return file
  })
  const modules = folders.map((folder) => ({
    path: moduleNameOf(folder),
    constant: `${camel(exportNameOf(folder, folders))}Versions`,
  }))
  return [...files, generateVersions(modules)]
}
