import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

/**
 * Every workspace folder that has a manifest, relative to the root, sorted. Mirrors `pnpm-workspace.yaml`, which needs
 * a parser that is not installed yet.
 * @param {string} root
 * @returns {Promise<string[]>}
 */
export const workspaceFolders = async (root) => {
  const nested = await Promise.all(
    ['packages', 'services'].map(async (parent) => {
      const entries = existsSync(join(root, parent)) ? await readdir(join(root, parent)) : []
      return entries.map((entry) => join(parent, entry))
    }),
  )
  return [...nested.flat(), 'conformance', 'e2e', 'bench', 'sim', 'drills']
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .sort()
}

/**
 * All files under a folder, sorted, absolute; an absent folder has none.
 * @param {string} folder
 * @returns {Promise<string[]>}
 */
export const filesUnder = async (folder) => {
  if (!existsSync(folder)) return []
  const entries = await readdir(folder, { withFileTypes: true })
  const nested = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? await filesUnder(path) : [path]
    }),
  )
  return nested.flat().sort()
}

/**
 * One hash over the names and contents of files; an absent file counts as absent.
 * @param {string} root
 * @param {readonly string[]} files
 * @returns {Promise<string>}
 */
export const contentStamp = async (root, files) => {
  const hash = createHash('sha256')
  const contents = await Promise.all(files.map((file) => (existsSync(file) ? readFile(file) : null)))
  for (const [index, file] of files.entries()) {
    const content = contents[index]
    hash.update(`${relative(root, file)}\0${content?.length ?? 'absent'}\0`)
    if (content) hash.update(content)
  }
  return hash.digest('hex')
}

/**
 * Runs `work` unless it last succeeded with the same stamp.
 * @param {string} file
 * @param {string} stamp
 * @param {() => Promise<void>} work
 */
export const unlessStamped = async (file, stamp, work) => {
  if (existsSync(file) && (await readFile(file, 'utf8')) === stamp) return
  await work()
  await writeFile(file, stamp)
}
