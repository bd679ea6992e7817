import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

interface ComposeService {
  readonly image?: string
  readonly user?: string
  readonly ports?: readonly string[]
  readonly restart?: string
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean }
  readonly build?: { readonly dockerfile: string; readonly args: { readonly SERVICE: string } }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
}

const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, ComposeService>>
}
const all = Object.entries(services)
const secrets = { SHOP_WEBHOOK_SECRET: 'x', INGEST_TOKENS: 'x', OPERATOR_TOKEN: 'x' }

const composeWorks = (() => {
  try {
    execFileSync('docker', ['compose', 'version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

describe('docker-compose.yml', () => {
  it(
    composeWorks ? 'is accepted by docker compose' : 'is well-formed YAML (docker compose is not here to lint it)',
    () => {
      if (composeWorks) {
        execFileSync('docker', ['compose', '-f', fileURLToPath(new URL('docker-compose.yml', root)), 'config', '-q'], {
          env: { ...process.env, ...secrets },
        })
      } else {
        process.stderr.write('docker-compose.yml was linted by our own assertions only: no docker compose here\n')
      }
      expect(Object.keys(services)).toEqual(
        expect.arrayContaining([
          'kafka',
          'registry',
          'postgres',
          'jaeger',
          'producer',
          'transformer',
          'consumer',
          'dlq-replay',
        ]),
      )
    },
  )

  it.each(all)('%s runs as a user that is not root', (_name, { user }) => {
    expect(user).toMatch(/^(?!root$|0$|0:)\S+$/)
  })

  it.each(all)(
    '%s says when it is healthy, or ends',
    (_name, { healthcheck, command }: ComposeService & { command?: unknown }) => {
      if (healthcheck?.disable === true) expect(command).toBeDefined()
      else expect(healthcheck?.test?.[0]).toBe('CMD')
    },
  )

  it.each(all)('%s publishes on loopback only', (_name, { ports = [] }) => {
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
  })

  it.each(all.filter(([, { image }]) => image !== undefined))(
    '%s is a pinned image without a registry host',
    (_name, { image = '' }) => {
      const [name = '', tag] = image.split(':')
      expect(tag).toMatch(/^\d/)
      expect(name.split('/')[0]).not.toMatch(/[.]/)
    },
  )

  it.each(all)('%s waits for the state of others, never only for their start', (_name, { depends_on = {} }) => {
    for (const [other, { condition }] of Object.entries(depends_on)) {
      expect(services[other]).toBeDefined()
      expect(condition).toBe(
        services[other]?.healthcheck?.disable === true ? 'service_completed_successfully' : 'service_healthy',
      )
    }
  })

  it('runs the versions that the local stack runs', () => {
    const pom = read('infra/local/pom.xml')
    expect(services['kafka']?.image).toBe(`apache/kafka:${/<kafka\.version>([^<]+)/.exec(pom)?.[1]}`)
    expect(services['registry']?.image).toContain(`:${/<apicurio\.version>([^<]+)/.exec(pom)?.[1]}`)
  })
})

describe('the Dockerfile', () => {
  const dockerfile = read('infra/docker/Dockerfile')

  it('builds on the Node that the checkout pins', () => {
    expect(dockerfile).toContain(`ARG NODE_VERSION=${read('.node-version').trim()}\n`)
  })

  it('is one for all: each of our services names itself as its SERVICE', () => {
    for (const [name, { build }] of all) {
      if (build !== undefined) expect(build.args.SERVICE).toBe(name === 'setup' ? 'cli' : name)
    }
  })

  it('ends as a user that is not root, with a health check', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
    expect(last).toMatch(/^USER node$/m)
    expect(last).toMatch(/^HEALTHCHECK .*health-check\.mjs/m)
  })
})
