import { setTimeout as pause } from 'node:timers/promises'
import { runService } from '../dist/index.js'

// A whole process for run-service.int.test.ts. Runs from the built package, as a service does.
class TestServiceModule {
  async beforeApplicationShutdown(): Promise<void> {
    if (process.env['TEST_SERVICE_HANG'] === 'true') await pause(60_000)
  }
}

await runService({
  name: 'nest-test-service',
  version: '0.0.1',
  config: {},
  module: () => ({ module: TestServiceModule }),
})
const crash = process.env['TEST_SERVICE_CRASH']
if (crash === 'rejection') void Promise.reject(new Error('nobody listens'))
if (crash === 'exception') setImmediate(() => Reflect.apply(Reflect.get(globalThis, 'missing'), undefined, []))
