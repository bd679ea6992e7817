import { readFileSync } from 'node:fs'
import { runService } from '@interchange/nest'
import { consumerConfig, consumerModule } from './consumer-module.ts'

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const { version } = manifest as { version: string }

await runService({ name: 'consumer', version, config: consumerConfig, module: consumerModule })
