// The stock registry client, as far as a drill needs it: the schema under an id, as JSON. For an unreachable registry it throws an
// error of status 400, which whoever believes statuses takes for the message's own fault (drills, E1-stock).
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'

export const openRegistry = (host) => {
  const registry = new SchemaRegistry({ host })
  return { schemaText: async (id) => JSON.stringify((await registry.getSchema(id)).schema({ exportAttrs: true })) }
}
