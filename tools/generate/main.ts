import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type GeneratedFile, generateContracts } from './generate-contracts.ts'
import { readSchemas } from './read-schemas.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const schemas = join(root, 'schemas')
const output = join(root, 'packages/contracts/src/generated')

const present = existsSync(output)
  ? readdirSync(output, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  : []

const isStale = ({ path, text }: GeneratedFile): boolean =>
  !present.includes(path) || readFileSync(join(output, path), 'utf8') !== text

const files = generateContracts(readSchemas(schemas))
const stale = files.filter(isStale)
const orphans = present.filter((path) => !files.some((file) => file.path === path))
const shown = (path: string): string => relative(root, join(output, path))

if (process.argv.includes('--check')) {
  for (const { path } of stale) console.error(`${shown(path)}: stale, run \`npm run generate\` and commit the result`)
  for (const path of orphans) console.error(`${shown(path)}: no schema generates it, run \`npm run generate\``)
  process.exitCode = stale.length + orphans.length > 0 ? 1 : 0
} else {
  for (const { path, text } of stale) {
    mkdirSync(dirname(join(output, path)), { recursive: true })
    writeFileSync(join(output, path), text)
    console.log(`wrote ${shown(path)}`)
  }
  for (const path of orphans) {
    rmSync(join(output, path))
    console.log(`removed ${shown(path)}`)
  }
  console.log(`${files.length} files from schemas/, ${stale.length} changed`)
}
