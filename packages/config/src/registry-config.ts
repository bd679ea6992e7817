import { configPart } from './config-part.ts'
import { optional, required, secret } from './setting.ts'
import { text, url } from './setting-types.ts'

/** How to reach the schema registry. */
export const registryConfig = configPart(
  'Schema registry',
  {
    url: required('SCHEMA_REGISTRY_URL', url('http:', 'https:'), 'Address of a registry with the Confluent API.'),
    username: optional('SCHEMA_REGISTRY_USERNAME', text(), 'Login name for HTTP basic authentication.'),
    password: secret(optional('SCHEMA_REGISTRY_PASSWORD', text(), 'Login password.')),
  },
  ({ username, password }) => {
    if ((username === undefined) === (password === undefined)) return []
    const missing = username === undefined ? 'SCHEMA_REGISTRY_USERNAME' : 'SCHEMA_REGISTRY_PASSWORD'
    return [{ env: missing, found: 'not set', remedy: 'set both name and password, or neither' }]
  },
)
