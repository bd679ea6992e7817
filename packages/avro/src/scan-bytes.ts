import avro from 'avsc'
import {
  type Cursor,
  noBytes,
  refuse,
  type Step,
  scanBlocks,
  scanBoolean,
  scanChoice,
  scanFields,
  scanFixed,
  scanInt,
  scanLong,
  scanMapKey,
  scanNested,
  scanSized,
} from './byte-steps.ts'

/** What one value may claim. */
export interface ScanLimits {
  /** Elements of all its arrays and maps together. */
  readonly elementsMax: number
  /** Levels of a record that contains itself. */
  readonly depthMax: number
}

/** Far above anything honest: the longest invoice of the retail export has 1,114 lines. */
export const defaultScanLimits: ScanLimits = { elementsMax: 1_000_000, depthMax: 64 }

/** Checks, before anything is allocated, that the bytes from `position` on are exactly one value. Throws class `contract`. */
export type ByteScan = (bytes: Buffer, position: number) => void

interface Compiled {
  readonly step: Step
  /** The fewest bytes a value can have: what makes a claimed count believable. */
  readonly bytesMin: number
}

/** A record while it is compiled: a reference to it from within makes it recursive. */
interface OpenRecord {
  step: Step
  isRecursive: boolean
}

const compileSteps = (root: avro.Type, limits: ScanLimits): Step => {
  const open = new Map<avro.Type, OpenRecord>()
  const done = new Map<avro.Type, Compiled>()

  const compileRecord = (type: avro.types.RecordType, path: string): Compiled => {
    const self: OpenRecord = { step: noBytes, isRecursive: false }
    open.set(type, self)
    const fields = type.fields.map((field) => compile(field.type, path ? `${path}.${field.name}` : field.name))
    open.delete(type)
    const step = scanFields(fields.map((field) => field.step))
    self.step = self.isRecursive ? scanNested(step, limits.depthMax, path) : step
    const compiled = { step: self.step, bytesMin: fields.reduce((sum, field) => sum + field.bytesMin, 0) }
    done.set(type, compiled)
    return compiled
  }

  const compileBlocks = (key: Step | undefined, item: Compiled, path: string): Compiled => {
    const step = key === undefined ? item.step : scanFields([key, item.step])
    return { step: scanBlocks(step, item.bytesMin + (key ? 1 : 0), limits.elementsMax, path), bytesMin: 1 }
  }

  const compileUnion = (branches: readonly avro.Type[], path: string): Compiled => {
    const compiled = branches.map((branch) => compile(branch, path))
    const steps = compiled.map(({ step }) => step)
    return { step: scanChoice(steps.length, steps, path), bytesMin: 1 + Math.min(...compiled.map((c) => c.bytesMin)) }
  }

  const compile = (type: avro.Type, path: string): Compiled => {
    const around = open.get(type)
    if (around !== undefined) {
      around.isRecursive = true
      return { step: (cursor) => around.step(cursor), bytesMin: 0 }
    }
    const before = done.get(type)
    if (before !== undefined) return before
    if (type instanceof avro.types.RecordType) return compileRecord(type, path)
    if (type instanceof avro.types.UnwrappedUnionType || type instanceof avro.types.WrappedUnionType) {
      return compileUnion(type.types, path)
    }
    if (type instanceof avro.types.ArrayType)
      return compileBlocks(undefined, compile(type.itemsType, `${path}[]`), path)
    if (type instanceof avro.types.MapType) {
      return compileBlocks(scanMapKey(path), compile(type.valuesType, `${path}{}`), path)
    }
    if (type instanceof avro.types.EnumType) return { step: scanChoice(type.symbols.length, [], path), bytesMin: 1 }
    if (type instanceof avro.types.FixedType) return { step: scanFixed(type.size, path), bytesMin: type.size }
    switch (type.typeName) {
      case 'null':
        return { step: noBytes, bytesMin: 0 }
      case 'boolean':
        return { step: scanBoolean(path), bytesMin: 1 }
      case 'int':
        return { step: scanInt(path), bytesMin: 1 }
      case 'long':
        return { step: scanLong(path), bytesMin: 1 }
      case 'float':
        return { step: scanFixed(4, path), bytesMin: 4 }
      case 'double':
        return { step: scanFixed(8, path), bytesMin: 8 }
      case 'string':
      case 'bytes':
        return { step: scanSized(path), bytesMin: 1 }
      default:
        throw new TypeError(`no scan for the Avro type ${type.typeName}`)
    }
  }

  return compile(root, '').step
}

/** Compiles a writer's type into one linear pass over its bytes. Throws TypeError on a type it does not know. */
export const compileScan = (type: avro.Type, limits: ScanLimits = defaultScanLimits): ByteScan => {
  const step = compileSteps(type, limits)
  const cursor: Cursor = { bytes: Buffer.alloc(0), position: 0, elements: 0, depth: 0 }
  return (bytes, position) => {
    cursor.bytes = bytes
    cursor.position = position
    cursor.elements = 0
    cursor.depth = 0
    step(cursor)
    const left = bytes.length - cursor.position
    if (left > 0) refuse('ICX_AVRO_TRAILING_BYTES', '', `${left} bytes are left after it`, cursor.position)
  }
}
