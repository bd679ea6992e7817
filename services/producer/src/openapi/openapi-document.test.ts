import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { openapiDocument } from './openapi-document.ts'

it('is what is committed as openapi.json', () => {
  const committed = readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8')
  // To bring the file up to date: `pnpm --filter @interchange/producer openapi`.
  expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(openapiDocument)))
})

it('names no operation twice and resolves each reference', () => {
  const text = JSON.stringify(openapiDocument)
  const references = new Set([...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1]))
  const { components } = openapiDocument as unknown as { components: { schemas: object } }
  expect([...references].sort()).toEqual(Object.keys(components.schemas).sort())
  const operations = [...text.matchAll(/"operationId":"([^"]+)"/g)].map((match) => match[1])
  expect(new Set(operations).size).toBe(operations.length)
})
