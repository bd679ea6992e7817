export { uniqueName } from './unique-name.ts'
export { type WaitOptions, waitFor } from './wait-for.ts'
