import { createMemoryTransport } from '@interchange/messaging/memory'
import { describeTransport } from './describe-transport.ts'

describeTransport('memory', () => createMemoryTransport())
