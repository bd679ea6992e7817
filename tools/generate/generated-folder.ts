import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { GeneratedFile } from './generate-contracts.ts'

/** How a folder differs from what should be in it; paths below the folder. */
export interface FolderDifference {
  /** Missing or other bytes. */
  readonly stale: readonly GeneratedFile[]
  /** Files that nothing generates. */
  readonly orphans: readonly string[]
}

/** Compares the folder with the files that belong there, byte by byte. */
export const compareFolder = (folder: string, files: readonly GeneratedFile[]): FolderDifference => {
  const present = existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
    : []
  return {
    stale: files.filter(
      ({ path, text }) => !present.includes(path) || readFileSync(join(folder, path), 'utf8') !== text,
    ),
    orphans: present.filter((path) => !files.some((file) => file.path === path)),
  }
}

/** Makes the folder what it should be. */
export const applyDifference = (folder: string, { stale, orphans }: FolderDifference): void => {
  for (const { path, text } of stale) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  for (const path of orphans) rmSync(join(folder, path))
}
