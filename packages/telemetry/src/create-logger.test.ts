import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

// The one thread that could write in the background is busy, as it may be at any exit.
const program = `
  import { pbkdf2 } from 'node:crypto'
  import { createLogger } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}
  pbkdf2('password', 'salt', 3e5, 64, 'sha512', () => undefined)
  const logger = createLogger({ name: 'test', level: 'info' })
  logger.info('first')
  logger.info('last')
  process.exit(0)
`

test('what is logged right before an exit is there, and in order', async () => {
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' }
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { env })
  const messages = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).message)
  expect(messages).toEqual(['first', 'last'])
}, 30_000)
