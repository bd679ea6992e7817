import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { openSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { javaKafkaClient } from '@interchange/stack'
import { roles } from './access.data.ts'
import { selfSignedCertificate } from './self-signed-certificate.ts'

/** How a role of the access matrix logs in. */
export const rolePassword = (name: string): string => `${name}-secret`

const run = promisify(execFile)
const host = '127.0.0.1'
const startMs = 60_000
const storePassword = 'certificate'

/** Users of the broker; `nobody` may log in and nothing else. */
export const users = { plain: 'plain-secret', scram: 'scram-secret', nobody: 'nobody-secret' } as const

/** Users without any right until somebody grants them; their names are the roles of the access matrix. */
const roleUsers = Object.fromEntries(Object.keys(roles).map((name) => [name, rolePassword(name)]))

/** A broker of our own that wants logins and speaks TLS, with an authorizer that lets `nobody` do nothing. */
export interface SecuredBroker {
  /** SASL without TLS: plain, both SCRAM, OAUTHBEARER with unsigned tokens. */
  readonly sasl: string
  /** TLS without SASL. */
  readonly tls: string
  /** Both. */
  readonly saslTls: string
  /** TLS with a certificate of the client. */
  readonly mutualTls: string
  /** The certificate to trust. */
  readonly certificate: string
  /** Files in PEM: that certificate, and what a client shows at `mutualTls`. */
  readonly files: { readonly ca: string; readonly certificate: string; readonly key: string }
  stop(): Promise<void>
}

export const startSecuredBroker = async (): Promise<SecuredBroker> => {
  const { javaPath, jarsFolder } = await javaKafkaClient()
  const folder = await mkdtemp(join(tmpdir(), 'interchange-secured-'))
  const [sasl, tls, saslTls, mutual, internal, controller] = await freePorts(6)
  const keystore = join(folder, 'keystore.p12')
  const keytool = join(dirname(javaPath), 'keytool')
  const store = ['-keystore', keystore, '-storetype', 'PKCS12', '-storepass', storePassword, '-alias', 'broker']
  const names = ['-dname', 'CN=localhost', '-ext', `SAN=ip:${host},dns:localhost`]
  await run(keytool, ['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '2', ...names, ...store])
  const files = {
    ca: join(folder, 'broker.pem'),
    certificate: join(folder, 'client.pem'),
    key: join(folder, 'client-key.pem'),
  }
  await run(keytool, ['-exportcert', '-rfc', '-file', files.ca, ...store])
  const client = selfSignedCertificate('client')
  await writeFile(files.certificate, client.certificate)
  await writeFile(files.key, client.key)

  const properties = join(folder, 'server.properties')
  const listeners = { SASL: sasl, TLS: tls, BOTH: saslTls, MUTUAL: mutual, INTERNAL: internal }
  const addresses = Object.entries(listeners).map(([name, port]) => `${name}://${host}:${port}`)
  await writeFile(
    properties,
    settingsOf({
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.voters': `1@${host}:${controller}`,
      listeners: [...addresses, `CONTROLLER://${host}:${controller}`].join(),
      'advertised.listeners': addresses.join(),
      'listener.security.protocol.map':
        'SASL:SASL_PLAINTEXT,TLS:SSL,BOTH:SASL_SSL,MUTUAL:SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'controller.listener.names': 'CONTROLLER',
      'inter.broker.listener.name': 'INTERNAL',
      'log.dirs': join(folder, 'data'),
      'ssl.keystore.location': keystore,
      'ssl.keystore.type': 'PKCS12',
      'ssl.keystore.password': storePassword,
      'listener.name.mutual.ssl.client.auth': 'required',
      'listener.name.mutual.ssl.truststore.type': 'PEM',
      'listener.name.mutual.ssl.truststore.location': files.certificate,
      ...loginsOf('sasl'),
      ...loginsOf('both'),
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS;User:plain;User:scram;User:oauth;User:CN=client',
      'auto.create.topics.enable': false,
      'group.initial.rebalance.delay.ms': 0,
      'offsets.topic.replication.factor': 1,
      'offsets.topic.num.partitions': 1,
      'transaction.state.log.replication.factor': 1,
      'transaction.state.log.min.isr': 1,
      'transaction.state.log.num.partitions': 1,
      'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    }),
  )
  const java = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(jarsFolder, '*')]
  const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=scram,password=${users.scram}]`,
  ])
  const clusterId = randomBytes(16).toString('base64url')
  await run(javaPath, [
    ...java,
    'kafka.tools.StorageTool',
    'format',
    // Joined with `=`: one id in 64 begins with a dash and would be taken for an option.
    `--cluster-id=${clusterId}`,
    '--config',
    properties,
    ...scram,
  ])
  const log = openSync(join(folder, 'broker.log'), 'w')
  const broker = spawn(javaPath, ['-Xmx256m', ...java, 'kafka.Kafka', properties], { stdio: ['ignore', log, log] })
  // Also when the tests are ended before they could clean up.
  const kill = (): void => void broker.kill('SIGKILL')
  process.once('exit', kill)
  try {
    await Promise.all([sasl, tls, saslTls, mutual].map((port) => listening(broker, port ?? 0)))
  } catch (error) {
    kill()
    throw new Error(await readFile(join(folder, 'broker.log'), 'utf8'), { cause: error })
  }
  return {
    sasl: `${host}:${sasl}`,
    tls: `${host}:${tls}`,
    saslTls: `${host}:${saslTls}`,
    mutualTls: `${host}:${mutual}`,
    certificate: await readFile(files.ca, 'utf8'),
    files,
    async stop() {
      process.off('exit', kill)
      const ended = new Promise((resolve) => broker.once('exit', resolve))
      kill()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What a listener takes as logins. */
const loginsOf = (listener: string): Readonly<Record<string, string>> => {
  const security = 'org.apache.kafka.common.security'
  const prefix = `listener.name.${listener}`
  const plain = Object.entries({ ...users, ...roleUsers }).map(([name, password]) => `user_${name}="${password}"`)
  return {
    [`${prefix}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    [`${prefix}.plain.sasl.jaas.config`]: `${security}.plain.PlainLoginModule required ${plain.join(' ')};`,
    [`${prefix}.scram-sha-256.sasl.jaas.config`]: `${security}.scram.ScramLoginModule required;`,
    [`${prefix}.scram-sha-512.sasl.jaas.config`]: `${security}.scram.ScramLoginModule required;`,
    [`${prefix}.oauthbearer.sasl.jaas.config`]: `${security}.oauthbearer.OAuthBearerLoginModule required;`,
    [`${prefix}.oauthbearer.sasl.server.callback.handler.class`]: `${security}.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler`,
  }
}

const settingsOf = (settings: Readonly<Record<string, string | number | boolean>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')

/** Ports that are free now, all different. */
const freePorts = async (count: number): Promise<number[]> => {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, host, resolve))
      return server
    }),
  )
  return await Promise.all(
    servers.map(async (server) => {
      const address = server.address()
      await new Promise((resolve) => server.close(resolve))
      return typeof address === 'object' ? (address?.port ?? 0) : 0
    }),
  )
}

const listening = async (broker: ChildProcess, port: number): Promise<void> => {
  const untilMs = Date.now() + startMs
  while (!(await accepts(port))) {
    if (broker.exitCode !== null || Date.now() > untilMs) throw new Error(`nothing listens at ${port}`)
    await pause(100)
  }
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
