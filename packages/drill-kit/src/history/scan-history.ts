import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Happened } from './history.ts'

const pieceBytes = 1024 * 1024

/**
 * Hands every fact of a folder's histories to `take`, a process at a time, in the order in which each noted them; holds one piece
 * of a file at a time, so that a history may be larger than the memory.
 */
export const scanHistory = (folder: string, take: (fact: Happened) => void): void => {
  const piece = Buffer.alloc(pieceBytes)
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.jsonl')) continue
    const file = openSync(join(folder, name), 'r')
    try {
      // What follows the last end of a line was being written when its process was killed: it did not happen.
      let rest: Buffer = Buffer.alloc(0)
      for (let length = readSync(file, piece); length > 0; length = readSync(file, piece)) {
        const bytes = Buffer.concat([rest, piece.subarray(0, length)])
        const end = bytes.lastIndexOf('\n') + 1
        for (const line of bytes.toString('utf8', 0, end).split('\n'))
          if (line !== '') take(JSON.parse(line) as Happened)
        rest = bytes.subarray(end)
      }
    } finally {
      closeSync(file)
    }
  }
}
