import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'

/** A retail file as text, unpacked when its name ends in `.gz`. */
export const retailText = (path: string): AsyncIterable<string> => {
  const file = createReadStream(path)
  return (path.endsWith('.gz') ? file.pipe(createGunzip()) : file).setEncoding('utf8') as AsyncIterable<string>
}
