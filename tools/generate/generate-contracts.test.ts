import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { generateContracts } from './generate-contracts.ts'
import { applyDifference, compareFolder } from './generated-folder.ts'
import { readSchemas, type SchemaFolder } from './read-schemas.ts'

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})
const temporary = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'generate-'))
  folders.push(folder)
  return folder
}

const event = (fields: readonly unknown[], more: Partial<SchemaFolder> & { name?: string } = {}): SchemaFolder => {
  const { name = 'ParcelSent', ...rest } = more
  const domain = rest.domain ?? 'shop'
  const schema = { type: 'record', name, namespace: `io.interchange.${domain}`, doc: 'A parcel.', fields }
  return { domain, event: 'parcel-sent', major: 1, versions: [{ version: 1, path: 'v1.avsc', schema }], ...rest }
}
const id = { name: 'id', type: 'string', doc: 'Its id.' }

describe('generateContracts', () => {
  it('prints every construct as in the golden file', async () => {
    const [file] = generateContracts(readSchemas(pathOf('golden/schemas')))
    expect(file?.path).toBe('shop/parcel-sent.ts')
    await expect(file?.text).toMatchFileSnapshot('golden/parcel-sent.ts.golden')
  })

  it('agrees with what is committed', () => {
    const files = generateContracts(readSchemas(pathOf('../../schemas')))
    expect(compareFolder(pathOf('../../packages/contracts/src/generated'), files)).toEqual({ stale: [], orphans: [] })
  })

  it('gives two events of one name a prefix, and a second major a suffix', () => {
    const texts = generateContracts([
      event([id]),
      event([id], { domain: 'depot' }),
      event([id], { event: 'letter-sent', name: 'LetterSent', major: 2 }),
    ]).map(({ text }) => /export interface (\w+)/.exec(text)?.[1])
    expect(texts).toEqual(['ShopParcelSent', 'DepotParcelSent', 'LetterSentV2', undefined])
  })

  it.each([
    ['a field without doc', [{ name: 'id', type: 'string' }], 'ParcelSent.id: has no doc'],
    [
      'a nested record without doc',
      [{ name: 'x', type: { type: 'record', name: 'X', fields: [] }, doc: 'X.' }],
      'ParcelSent.x: io.interchange.shop.X has no doc',
    ],
    ['a type that nothing defines', [{ name: 'x', type: 'Nowhere', doc: 'X.' }], 'unknown type "Nowhere"'],
    [
      'money as a decimal',
      [{ name: 'x', type: { type: 'bytes', logicalType: 'decimal', precision: 9 }, doc: 'X.' }],
      'ParcelSent.x: logical type "decimal" is not one the contracts allow',
    ],
    [
      'a brand on another type',
      [{ name: 'x', type: { type: 'int', logicalType: 'timestamp-millis' }, doc: 'X.' }],
      'ParcelSent.x: logical type "timestamp-millis" is not one the contracts allow',
    ],
  ])('refuses %s', (_what, fields, message) => {
    expect(() => generateContracts([event(fields)])).toThrow(message)
  })

  it('refuses a record that is not named after its folder, and one type name for two types', () => {
    expect(() => generateContracts([event([id], { name: 'Parcel' })])).toThrow('not io.interchange.shop.ParcelSent')
    const line = { name: 'line', type: { type: 'record', name: 'Line', doc: 'A line.', fields: [id] }, doc: 'A line.' }
    const other = event([line], { event: 'letter-sent', name: 'LetterSent' })
    expect(() => generateContracts([event([line]), other])).toThrow('the type Line is defined in shop/parcel-sent.ts')
  })
})

describe('the generated folder', () => {
  it('names what is stale and what nothing generates, and is right after it was written', () => {
    const folder = temporary()
    const files = generateContracts([event([id])])
    applyDifference(folder, compareFolder(folder, files))
    writeFileSync(join(folder, 'shop/parcel-sent.ts'), '// edited by hand')
    writeFileSync(join(folder, 'left-over.ts'), '')
    const difference = compareFolder(folder, files)
    expect(difference.stale.map(({ path }) => path)).toEqual(['shop/parcel-sent.ts'])
    expect(difference.orphans).toEqual(['left-over.ts'])
    applyDifference(folder, difference)
    expect(compareFolder(folder, files)).toEqual({ stale: [], orphans: [] })
  })
})

describe('readSchemas', () => {
  it('refuses a gap in the versions, an empty folder and a name that is not kebab-case', () => {
    const root = temporary()
    cpSync(pathOf('golden/schemas'), root, { recursive: true })
    cpSync(join(root, 'shop/parcel-sent/v1.avsc'), join(root, 'shop/parcel-sent/v3.avsc'))
    expect(() => readSchemas(root)).toThrow('shop/parcel-sent: v2.avsc is missing')
    rmSync(join(root, 'shop/parcel-sent'), { recursive: true })
    mkdirSync(join(root, 'shop/empty'))
    expect(() => readSchemas(root)).toThrow('shop/empty: no v1.avsc')
    rmSync(join(root, 'shop/empty'), { recursive: true })
    mkdirSync(join(root, 'shop/ParcelSent'))
    expect(() => readSchemas(root)).toThrow('shop/ParcelSent: not a kebab-case event name')
  })
})
