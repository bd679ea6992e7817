import { defineConfig } from 'vitest/config'

const pure = [
  'packages/*/src',
  'services/*/src',
  'services/*/test',
  'conformance/src',
  'e2e/src',
  'bench/src',
  'sim/src',
  'drills/src',
  'tools',
]
const real = ['packages/*/src', 'services/*/src', 'services/*/test', 'conformance/src', 'drills/src']

export default defineConfig({
  // Services use NestJS decorators with explicit tokens, so no design:paramtypes; the transformer only has to read them.
  oxc: { decorator: { legacy: true } },
  test: {
    reporters: ['default', './e2e/src/set-up/tally-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // The bootstrap runs before TypeScript is installed, and its tests are written in its language.
          include: [...pure.map((folder) => `${folder}/**/*.test.ts`), 'tools/bootstrap/*.test.mjs'],
          exclude: ['**/*.int.test.ts', '**/*.e2e.test.ts', '**/node_modules/**', '**/dist/**'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'int',
          include: [...real.map((folder) => `${folder}/**/*.int.test.ts`), 'e2e/src/**/*.e2e.test.ts'],
          globalSetup: './e2e/src/set-up/global-set-up.ts',
          // One file at a time: they share one broker on what may be two cores, and some of them kill processes.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
