import { readFileSync } from 'node:fs'
import { runService } from '@interchange/nest'
import { dlqReplayConfig, dlqReplayModule } from './dlq-replay-module.ts'

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const { version } = manifest as { version: string }

await runService({ name: 'dlq-replay', version, config: dlqReplayConfig, module: dlqReplayModule })
