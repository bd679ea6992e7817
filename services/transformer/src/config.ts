import { configPart, flag, oneOf, optional, text, withDefault } from '@interchange/config'

/** What the transformer reads beside what every service reads. */
export const transformerConfig = configPart('Transformer', {
  countryAliasesFile: optional(
    'COUNTRY_ALIASES_FILE',
    text(),
    'JSON file of country names and their ISO 3166-1 codes, instead of the shipped one.',
  ),
  testOrders: withDefault(
    'SHOP_TEST_ORDERS',
    oneOf('skip', 'accept'),
    'skip',
    "What becomes of orders of the shop's test gateway; accept them only where no money is real.",
  ),
  transactions: withDefault(
    'TRANSFORMER_TRANSACTIONS',
    flag(),
    'false',
    'Commits outputs, dead letters and offsets in one Kafka transaction every 100 ms, so that readers of committed records see each output once.',
  ),
})
