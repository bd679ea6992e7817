import { createRegistryClient, type SchemaSource } from '@interchange/avro'
import { InterchangeError } from '@interchange/messaging'
import { stockProgram } from '../stock-peers.ts'

interface StockRegistry {
  schemaText(id: number): Promise<string>
}

/**
 * The stock registry client, and its status believed as its users believe it: a 4xx is about the schema, anything else about the
 * registry.
 */
export const createStockSchemaSource = (url: string): SchemaSource => {
  let registry: Promise<StockRegistry> | undefined
  const open = async (): Promise<StockRegistry> =>
    (
      (await import(await stockProgram('registry-client.mjs'))) as { openRegistry(host: string): StockRegistry }
    ).openRegistry(url)
  return {
    async schemaText(schemaId) {
      registry ??= open()
      try {
        return await (await registry).schemaText(schemaId)
      } catch (cause) {
        const status = (cause as { readonly status?: unknown }).status
        if (typeof status !== 'number' || status < 400 || status >= 500)
          throw new InterchangeError('ICX_REGISTRY_UNAVAILABLE', String(cause), { class: 'outage', cause })
        const what = `the stock client says ${status}: ${String(cause)}`
        throw new InterchangeError('ICX_AVRO_SCHEMA_UNKNOWN', what, { class: 'contract', cause, facts: { schemaId } })
      }
    },
    // Asked at the start alone, when the registry answers.
    idOf: createRegistryClient({ url }).idOf,
  }
}
