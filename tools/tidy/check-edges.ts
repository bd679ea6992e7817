import { posix } from 'node:path'
import { homes, type Member, mayImport, members, serviceAddress, testModules } from './house.ts'
import { type Finding, isTest, type SourceFile } from './source-file.ts'

/** What a package.json says that the rules need. */
export interface Manifest {
  readonly name: string
  readonly dependencies: readonly string[]
  readonly devDependencies: readonly string[]
  /** `.` and subpaths that may be imported. */
  readonly exports: readonly string[]
}

const scope = '@interchange/'

/** Wrong edges, deep imports, undeclared dependencies, technologies away from home, services that reach each other. */
export const checkEdges = (
  files: readonly SourceFile[],
  manifests: ReadonlyMap<string, Manifest>,
): readonly Finding[] =>
  files.flatMap((file) => {
    const from = memberOf(file.path)
    if (from === undefined) return []
    const edges = file.imports.flatMap(({ module, line }) =>
      problemsOf(file, from, module, manifests).map(([rule, remedy]) => ({ path: file.path, line, rule, remedy })),
    )
    return [...edges, ...addressesIn(file, from)]
  })

type Problem = readonly [rule: string, remedy: string]

const problemsOf = (
  file: SourceFile,
  from: Member,
  module: string,
  manifests: ReadonlyMap<string, Manifest>,
): readonly Problem[] => {
  if (module.startsWith('node:')) return []
  if (module.startsWith('.')) return relativeProblems(file, from, module)
  const declared = declaredProblems(file, from, module, manifests.get(from.folder))
  return module.startsWith(scope)
    ? [...houseProblems(file, from, module, manifests), ...declared]
    : [...homeProblems(from, module), ...declared]
}

const relativeProblems = (file: SourceFile, from: Member, module: string): readonly Problem[] => {
  const target = posix.join(posix.dirname(file.path), module)
  if (target.startsWith(`${from.folder}/`)) return []
  return [['an import leaves its package', `import the package by name instead of ${module}`]]
}

const houseProblems = (
  file: SourceFile,
  from: Member,
  module: string,
  manifests: ReadonlyMap<string, Manifest>,
): readonly Problem[] => {
  const [name, ...rest] = module.slice(scope.length).split('/')
  const target = members.find(({ folder }) => manifests.get(folder)?.name === `${scope}${name}`)
  if (target === undefined)
    return [[`${module} is no member of the house`, 'add it to tools/tidy/house.ts with its rank']]
  if (target.folder === from.folder) return [['a package imports itself by name', 'use a relative path']]
  const subpath = rest.length === 0 ? '.' : `./${rest.join('/')}`
  const deep: readonly Problem[] = manifests.get(target.folder)?.exports.includes(subpath)
    ? []
    : [['a deep import', `import ${scope}${name} and export what is needed from its index.ts`]]
  // A test meets real parts: a driver or a codec beside it is a development dependency, no edge of what is shipped.
  if (mayImport(from, target) || (isTest(file.path) && target.rank <= 1)) return deep
  return [
    ...deep,
    [
      `rank ${from.rank} imports rank ${target.rank}`,
      `${from.folder} may import lower ranks only: move the code or pass it in`,
    ],
  ]
}

const homeProblems = (from: Member, module: string): readonly Problem[] => {
  const home = homes.find((entry) => entry.module.test(module))
  if (
    home === undefined ||
    home.folders.some((folder) => from.folder === folder || from.folder.startsWith(`${folder}/`))
  )
    return []
  return [[`${module} away from home`, `its home is ${home.folders.join(', ')}: use what that package exports`]]
}

const declaredProblems = (
  file: SourceFile,
  from: Member,
  module: string,
  manifest: Manifest | undefined,
): readonly Problem[] => {
  if (from.folder === 'tools') return []
  const name = module
    .split('/')
    .slice(0, module.startsWith('@') ? 2 : 1)
    .join('/')
  if (manifest?.dependencies.includes(name)) return []
  if (
    (isTest(file.path) || from.rank === 4) &&
    (testModules.includes(name) || manifest?.devDependencies.includes(name))
  )
    return []
  return [[`${name} is not declared`, `add it to the dependencies of ${from.folder}/package.json`]]
}

const addressesIn = (file: SourceFile, from: Member): readonly Finding[] => {
  if (!from.folder.startsWith('services/')) return []
  const line = file.text.split('\n').findIndex((text) => serviceAddress.test(text)) + 1
  if (line === 0) return []
  return [{ path: file.path, line, rule: "a service knows another's address", remedy: 'services meet on topics only' }]
}

export const memberOf = (path: string): Member | undefined =>
  members.find(({ folder }) => path.startsWith(`${folder}/`))
