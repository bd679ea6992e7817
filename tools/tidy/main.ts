import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkCycles } from './check-cycles.ts'
import { checkEdges, type Manifest } from './check-edges.ts'
import { checkFiles } from './check-files.ts'
import { members } from './house.ts'
import { sourceFile } from './source-file.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

const manifestOf = (folder: string): Manifest | undefined => {
  const path = join(root, folder, 'package.json')
  if (!existsSync(path)) return undefined
  const read = JSON.parse(readFileSync(path, 'utf8')) as Partial<Record<string, Record<string, string>>> & {
    name: string
  }
  return {
    name: read.name,
    dependencies: Object.keys(read['dependencies'] ?? {}),
    devDependencies: Object.keys(read['devDependencies'] ?? {}),
    exports: Object.keys(read['exports'] ?? {}),
  }
}

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
  cwd: root,
  encoding: 'utf8',
})
const paths = listed
  .split('\n')
  .filter((path) => path !== '' && !path.startsWith('peers/') && existsSync(join(root, path)))
const files = paths.map((path) => sourceFile(path, readFileSync(join(root, path), 'utf8')))
const manifests = new Map(
  members.flatMap(({ folder }) => {
    const manifest = manifestOf(folder)
    return manifest === undefined ? [] : [[folder, manifest] as const]
  }),
)

const findings = [...checkEdges(files, manifests), ...checkCycles(files), ...checkFiles(files)]
for (const { path, line, rule, remedy } of findings) console.error(`${path}:${line}: ${rule}. ${remedy}.`)
console.error(
  findings.length === 0 ? `tidy: ${files.length} files, nothing to say` : `tidy: ${findings.length} findings`,
)
process.exitCode = findings.length === 0 ? 0 : 1
