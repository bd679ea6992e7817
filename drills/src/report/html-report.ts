import { invariants, type Violation } from '@interchange/drill-kit'
import { catalogue } from '../catalogue.ts'
import type { ScenarioResult } from '../run-scenario.ts'
import { type SoakFigures, trendLine } from '../soak/soak-figures.ts'
import { summaryOf } from '../summary.ts'
import { html, type Markup } from './markup.ts'
import { tableHeader, tableRows } from './result-table.ts'
import { timelinePicture } from './timeline-picture.ts'

/** What ran, and where. */
export interface RunFacts {
  readonly at: string
  readonly commit: string
  readonly seed: number
}

const style = `body{font:14px/1.5 system-ui,sans-serif;max-width:1280px;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #dde2ea;white-space:nowrap}
.scroll{overflow-x:auto}h2{margin-top:2.5rem}pre{background:#f4f6f9;padding:.6rem;overflow-x:auto}
svg{width:100%;height:auto;font-size:11px;background:#fafbfc}polyline{fill:none;stroke-width:1.5}
.acknowledged{stroke:#2563eb;color:#2563eb}.delivered{stroke:#059669;color:#059669}.fault{fill:#dc2626}.unseen{fill:#9ca3af}
.take-over{fill:#7c3aed}.label{text-anchor:end;fill:#4b5563}.axis{text-anchor:middle;fill:#4b5563}
.failed{color:#b91c1c;font-weight:600}`

/** One page that needs nothing else: the table, and each drill with its picture and what broke. */
export const htmlReport = (results: readonly ScenarioResult[], { at, commit, seed }: RunFacts): string => {
  const { acknowledged, faultsEffective, lost, duplicatedEffects, orderViolations, failed } = summaryOf(results)
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width"/><title>Drills</title>
<style>${{ markup: style }}</style></head><body>
<h1>Drills</h1>
<p>${results.length} drills, ${faultsEffective} faults that took effect, ${acknowledged} messages acknowledged: ${lost} lost,
${duplicatedEffects} done twice, ${orderViolations} out of order. ${failed.length === 0 ? 'All passed.' : `Failed: ${failed.join(', ')}.`}</p>
<p>Commit ${commit}, ${at}, seed ${seed}. Stall: longest silence of acknowledgements while the fault was there. Recovery: from its end
until all that was acknowledged before was committed. 0 in n means at most 3/n at 95 %.</p>
<div class="scroll"><table><thead><tr>${tableHeader.map((name) => html`<th>${name}</th>`)}</tr></thead><tbody>
${results.flatMap(tableRows).map((row) => html`<tr>${row.map((cell) => html`<td class="${cell === 'FAILED' ? 'failed' : ''}">${cell}</td>`)}</tr>`)}
</tbody></table></div>
${results.map(drillSection)}
</body></html>
`
  return page.markup
}

const drillSection = (result: ScenarioResult): Markup => {
  const { name, timeline, faults, counterExamples, figures, passed, settledMs } = result
  const scenario = catalogue.find((each) => each.name === name)
  return html`<section><h2>${name} ${scenario?.title ?? ''}</h2>
<p>${scenario?.says ?? ''}</p>
<p class="${passed ? 'passed' : 'failed'}">${passed ? 'Passed' : 'Failed'}; settled ${settledMs === null ? 'not in time' : `in ${settledMs} ms`}.</p>
${figures.map(({ figure, measured, allowed }) => html`<p>${figure}: ${measured ?? 'not seen'} of ${allowed} allowed</p>`)}
${result.soak === undefined ? '' : soakSection(result.soak)}
${timeline === undefined ? '' : timelinePicture(timeline, faults)}
${timeline === undefined ? '' : html`<p><span class="acknowledged">acknowledged</span> and <span class="delivered">delivered</span> a second</p>`}
${counterExamples.map(violation)}
</section>`
}

const soakSection = ({ minutes, perSecond, backlogs, processes, missed }: SoakFigures): Markup =>
  html`<p>${minutes} minutes, ${perSecond} messages a second; to do at the end of each quiet quarter: ${backlogs.join(', ')}.</p>
<ul>${processes.map((trend) => html`<li>${trendLine(trend)}</li>`)}</ul>
${missed.map((what) => html`<p class="failed">${what}</p>`)}`

const violation = ({ invariant, detail, facts }: Violation): Markup =>
  html`<p class="failed">${invariant}, ${invariants[invariant]}: ${detail}</p>
<pre>${facts.map((fact) => JSON.stringify(fact)).join('\n')}</pre>`
