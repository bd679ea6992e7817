export { describeTransport } from './describe-transport.ts'
