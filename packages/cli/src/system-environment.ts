import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findStack } from '@interchange/stack'

/** Name of the stack that the demo starts, beside the default one. */
export const demoStackName = 'demo'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Where the system is: the process's own variables, else those of the stack that `ix stack up` or `npm run demo -- --keep`
 * left running in this checkout.
 */
export const systemEnvironment = (): Environment => {
  if (process.env['KAFKA_BROKERS']) return process.env
  const stack = findStack() ?? findStack({ name: demoStackName })
  if (stack === null) return process.env
  return { ...stack.env, ...servicesOf(stack.logFolder), ...definedIn(process.env) }
}

/** Addresses and tokens of the services that a demo kept running. */
const servicesOf = (folder: string): Environment => {
  const path = servicesFile(folder)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Environment) : {}
}

export const servicesFile = (logFolder: string): string => join(dirname(logFolder), 'services.json')

const definedIn = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''))
