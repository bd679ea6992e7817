import { configPart, integer, required, secret, text, withDefault } from '@interchange/config'

/** What this service has beside the usual. */
export const deskConfig = configPart('Dead-letter desk', {
  operatorToken: secret(required('OPERATOR_TOKEN', text(), 'Bearer token that every request but health must carry.')),
  lettersMax: withDefault(
    'DLQ_LETTERS_MAX',
    integer(100, 10_000_000),
    '100000',
    'Most letters in the index, about 1 KB each; the oldest are dropped first.',
  ),
})
