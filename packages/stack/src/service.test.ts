import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkoutFolder } from './home.ts'
import { serviceFlags } from './service.ts'

const read = (path: string): string => readFileSync(join(checkoutFolder, path), 'utf8')

it.each(['producer', 'transformer', 'consumer', 'dlq-replay'])(
  'starts %s with the flags its start script has',
  (name) => {
    const { scripts } = JSON.parse(read(`services/${name}/package.json`)) as { scripts: { start: string } }
    expect(scripts.start.split(' ')).toEqual(['node', ...serviceFlags, 'dist/main.js'])
  },
)

it('starts services with the flags the image has', () => {
  const command = /^CMD (.*)$/m.exec(read('infra/docker/Dockerfile'))?.[1] ?? ''
  expect(JSON.parse(command)).toEqual(['node', ...serviceFlags, 'dist/main.js'])
})
