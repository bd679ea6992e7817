import { protocolErrorsCodesById } from '@platformatic/kafka'

/** The broker's error as `kafkaError` reads it; a code that is not known keeps its number (trap K34). */
export const brokerError = (code: number, doing: string): Error => {
  const type = protocolErrorsCodesById[code] ?? `UNKNOWN_ERROR_CODE_${code}`
  return Object.assign(new Error(`${doing}: ${type}`), { type })
}
