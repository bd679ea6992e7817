import {
  configPart,
  kafkaConfig,
  oneOf,
  optional,
  registryConfig,
  serviceConfig,
  telemetryConfig,
  text,
  withDefault,
} from '@interchange/config'

/** What the transformer alone has. */
export const transformerConfig = configPart('Transformer', {
  countryAliasesFile: optional(
    'COUNTRY_ALIASES_FILE',
    text(),
    'JSON file of country names and their ISO 3166-1 codes, instead of the one that is shipped.',
  ),
  testOrders: withDefault(
    'SHOP_TEST_ORDERS',
    oneOf('skip', 'accept'),
    'skip',
    "What becomes of orders of the shop's test gateway; accept them only where no money is real.",
  ),
})

/** Everything the service reads from the environment. */
export const configParts = {
  process: serviceConfig,
  kafka: kafkaConfig,
  registry: registryConfig,
  telemetry: telemetryConfig,
  transformer: transformerConfig,
}
