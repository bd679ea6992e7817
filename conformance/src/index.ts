export { type BadInput, badInputs, type Evidence } from './bad-inputs/bad-inputs.data.ts'
export type { Fate, OddRecord } from './bad-inputs/odd-record.ts'
export { oddRecords } from './bad-inputs/odd-records.data.ts'
export { describeTransport } from './describe-transport.ts'
