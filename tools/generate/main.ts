import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateContracts } from './generate-contracts.ts'
import { applyDifference, compareFolder } from './generated-folder.ts'
import { readSchemas } from './read-schemas.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const output = 'packages/contracts/src/generated'

const files = generateContracts(readSchemas(join(root, 'schemas')))
const difference = compareFolder(join(root, output), files)
const { stale, orphans } = difference

if (process.argv.includes('--check')) {
  for (const { path } of stale)
    console.error(`${output}/${path}: stale, run \`npm run generate\` and commit the result`)
  for (const path of orphans) console.error(`${output}/${path}: no schema generates it, run \`npm run generate\``)
  process.exitCode = stale.length + orphans.length > 0 ? 1 : 0
} else {
  applyDifference(join(root, output), difference)
  for (const { path } of stale) console.log(`wrote ${output}/${path}`)
  for (const path of orphans) console.log(`removed ${output}/${path}`)
  console.log(`${files.length} files from schemas/, ${stale.length} changed`)
}
