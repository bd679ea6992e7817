export { checkFolder, checkSchemas, type SchemaCheck, type SchemaFinding } from './check-schemas.ts'
export {
  type Compatibility,
  checkVersions,
  compatibilityOfKind,
  type Incompatibility,
  type VersionedText,
} from './compatibility.ts'
export { type CodecOptions, createCodec } from './create-codec.ts'
export { diffSchemas, type SchemaChange } from './diff-schemas.ts'
export { parseSchema } from './parse-schema.ts'
export { type RegisteredSchema, registerSchemas, type SubjectSchemas } from './register-schemas.ts'
export { createRegistryClient, type RegistryClientOptions, type SchemaSource } from './registry-client.ts'
export { defaultScanLimits, type ScanLimits } from './scan-bytes.ts'
export { readSchemaFolders, type SchemaFile, type SchemaFolder } from './schema-folders.ts'
