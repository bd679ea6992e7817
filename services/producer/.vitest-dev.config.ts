import { defineConfig } from 'vitest/config'
export default defineConfig({
  root: '/work/main',
  oxc: { decorator: { legacy: true } },
  test: {
    include: ['services/producer/**/*.int.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
})
