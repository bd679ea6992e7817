import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { checkoutFolder } from '@interchange/stack'
import type { ScenarioResult } from '../run-scenario.ts'
import { htmlReport, type RunFacts } from './html-report.ts'

/** Writes the report, and everything it is made of beside it as JSON; answers where the report is. */
export const writeReport = async (
  results: readonly ScenarioResult[],
  facts: RunFacts,
  file: string | undefined,
): Promise<string> => {
  const name = `drill-${facts.at.replace(/[-:]/g, '').slice(0, 15)}-${process.pid}.html`
  const page = resolve(file ?? join(checkoutFolder, '.interchange', 'reports', name))
  await mkdir(dirname(page), { recursive: true })
  await writeFile(page, htmlReport(results, facts))
  await writeFile(page.replace(/(\.html?)?$/, '.json'), `${JSON.stringify({ ...facts, results })}\n`)
  return page
}
