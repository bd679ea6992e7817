import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { InterchangeError } from '@interchange/messaging'
import { httpAnswers } from '../answers.ts'
import type { Environment, Home } from '../home.ts'
import type { LocalComponent } from './component.ts'

const host = '127.0.0.1'
const deadlineMs = 20_000
const tracesMax = 200_000

/** What to do about traces that are off. */
export const jaegerHint =
  'set JAEGER_BIN to a Jaeger v2 program, put `jaeger` on the PATH, start Docker, or set OTEL_EXPORTER_OTLP_ENDPOINT'

/** The ports of one Jaeger, all on loopback. */
export interface JaegerPorts {
  readonly query: number
  readonly queryGrpc: number
  readonly otlpHttp: number
  readonly otlpGrpc: number
}

/** The Jaeger program JAEGER_BIN names (which must exist), or the one on the PATH; null when there is none. */
export const findJaeger = (env: Environment): string | null => {
  const named = env['JAEGER_BIN']
  if (named) {
    if (existsSync(named)) return named
    throw new InterchangeError('ICX_STACK_TOOL_MISSING', `JAEGER_BIN names ${named}, which does not exist`, {
      class: 'fatal',
      facts: { tool: 'jaeger' },
    })
  }
  const onPath = (env['PATH'] ?? '').split(delimiter).filter(Boolean)
  return onPath.map((folder) => join(folder, 'jaeger')).find((file) => existsSync(file)) ?? null
}

/** Jaeger v2's configuration: OTLP in, memory, query API out, nothing beyond loopback. JSON, which is YAML. */
export const jaegerConfiguration = (ports: JaegerPorts): string =>
  JSON.stringify(
    {
      service: {
        extensions: ['jaeger_storage', 'jaeger_query'],
        pipelines: { traces: { receivers: ['otlp'], exporters: ['jaeger_storage_exporter'] } },
        telemetry: { metrics: { level: 'none' } },
      },
      extensions: {
        jaeger_storage: { backends: { memory: { memory: { max_traces: tracesMax } } } },
        jaeger_query: {
          storage: { traces: 'memory' },
          http: { endpoint: `${host}:${ports.query}` },
          grpc: { endpoint: `${host}:${ports.queryGrpc}` },
        },
      },
      receivers: {
        otlp: {
          protocols: {
            http: { endpoint: `${host}:${ports.otlpHttp}` },
            grpc: { endpoint: `${host}:${ports.otlpGrpc}` },
          },
        },
      },
      exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
    },
    null,
    2,
  )

/** Writes Jaeger's configuration and says how to run it. */
export const prepareJaeger = async (options: {
  readonly program: string
  readonly home: Home
  readonly ports: JaegerPorts
  readonly env: Readonly<Record<string, string>>
}): Promise<LocalComponent> => {
  const { program, home, ports, env } = options
  const folder = join(home.data, 'jaeger')
  await mkdir(folder, { recursive: true })
  const configuration = join(folder, 'jaeger.yaml')
  await writeFile(configuration, jaegerConfiguration(ports))
  const query = `http://${host}:${ports.query}`
  return {
    name: 'jaeger',
    version: '2',
    address: query,
    deadlineMs,
    answers: () => httpAnswers(`${query}/api/services`),
    process: {
      command: program,
      args: ['--config', configuration],
      cwd: folder,
      env,
      logFile: join(home.logs, 'jaeger.log'),
      stopSignal: 'SIGTERM',
    },
  }
}
