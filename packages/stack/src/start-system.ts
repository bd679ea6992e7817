import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { checkoutFolder } from './home.ts'
import type { RunningService } from './service.ts'
import type { RunningStack } from './stack.ts'

/** The four services on a stack, and what one needs to talk to them. */
export interface RunningSystem {
  readonly producer: RunningService
  readonly transformer: RunningService
  readonly consumer: RunningService
  readonly dlqReplay: RunningService
  readonly credentials: Credentials
  /** Variables that lead `ix` to the services; secret. */
  readonly env: Readonly<Record<string, string>>
}

/** Made anew for each system; nothing here is a default that somebody could know. */
export interface Credentials {
  readonly shopWebhookSecret: string
  readonly ingestToken: string
  readonly operatorToken: string
}

export interface SystemOptions {
  /** Beyond the stack's variables, for all services. */
  readonly env?: Readonly<Record<string, string>>
  /** The transformer's mapping of country names; default: the shipped one. */
  readonly countryAliasesFile?: string
  /** Flags of Node itself for the services. */
  readonly nodeArgs?: readonly string[]
}

/**
 * Starts producer, transformer, consumer and dlq-replay, in parallel, and resolves when all are ready. Topics and schemas
 * must be there. Throws ICX_STACK_START_FAILED with the end of the log of the one that is not.
 */
export const startSystem = async (stack: RunningStack, options: SystemOptions = {}): Promise<RunningSystem> => {
  const credentials: Credentials = {
    shopWebhookSecret: randomBytes(24).toString('base64url'),
    ingestToken: randomBytes(24).toString('base64url'),
    operatorToken: randomBytes(24).toString('base64url'),
  }
  const start = (name: string, env: Readonly<Record<string, string>>): Promise<RunningService> =>
    stack.startService({
      name,
      entry: join(checkoutFolder, 'services', name, 'dist', 'main.js'),
      // Jaeger takes traces and answers 404 to metrics.
      env: { HOST: '127.0.0.1', OTEL_METRICS_EXPORTER: 'none', ...options.env, ...env },
      ...(options.nodeArgs !== undefined && { nodeArgs: options.nodeArgs }),
    })
  const [producer, transformer, consumer, dlqReplay] = await Promise.all([
    start('producer', {
      SHOP_WEBHOOK_SECRET: credentials.shopWebhookSecret,
      INGEST_TOKENS: credentials.ingestToken,
      SPOOL_DIR: join(stack.logFolder, '..', 'spool'),
    }),
    start(
      'transformer',
      options.countryAliasesFile === undefined ? {} : { COUNTRY_ALIASES_FILE: options.countryAliasesFile },
    ),
    start('consumer', {}),
    start('dlq-replay', { OPERATOR_TOKEN: credentials.operatorToken }),
  ])
  const env = {
    PRODUCER_URL: producer.url,
    SHOP_WEBHOOK_SECRET: credentials.shopWebhookSecret,
    INGEST_TOKEN: credentials.ingestToken,
    DLQ_REPLAY_URL: dlqReplay.url,
    OPERATOR_TOKEN: credentials.operatorToken,
  }
  return { producer, transformer, consumer, dlqReplay, credentials, env }
}
