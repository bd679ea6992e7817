import { readFileSync } from 'node:fs'
import { runService } from '@interchange/nest'
import { transformerConfig } from './config.ts'
import { transformerModule } from './transformer.module.ts'

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const { version } = manifest as { version: string }

await runService({
  name: 'transformer',
  version,
  config: { transformer: transformerConfig },
  module: ({ transformer }) => transformerModule(transformer),
})
