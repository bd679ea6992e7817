import { escapeText, html, type Markup } from './markup.ts'
import type { Timeline } from './tally.ts'

interface NamedFault {
  readonly fault: string
  readonly target: string
  readonly effective: boolean
}

const size = { width: 960, left: 170, right: 24, plot: 110, lane: 16, axis: 24 } as const
const labelsMax = 10

/** A run as a picture: what was acknowledged and delivered each second, faults as bars below, take-overs as ticks. */
export const timelinePicture = (timeline: Timeline, faults: readonly NamedFault[]): Markup => {
  const { acknowledged, delivered, assignedMs } = timeline
  const seconds = Math.max(1, acknowledged.length, delivered.length, ...timeline.faults.map(({ toMs }) => toMs / 1_000))
  const most = Math.max(1, ...acknowledged, ...delivered)
  const lanes = [...new Set(faults.map(({ fault }) => fault))]
  const height = size.plot + (lanes.length + 1) * size.lane + size.axis
  const x = (second: number): string =>
    (size.left + (second / seconds) * (size.width - size.left - size.right)).toFixed(1)
  const y = (rate: number): string => (size.plot - (rate / most) * (size.plot - 12)).toFixed(1)
  const laneY = (lane: number): number => size.plot + 6 + lane * size.lane
  const curve = (rates: readonly number[]): string =>
    rates.map((rate, second) => `${x(second + 0.5)},${y(rate)}`).join(' ')
  const laneLabels = ['take-overs', ...lanes]

  return html`<svg viewBox="0 0 ${size.width} ${height}" role="img" aria-label="throughput, faults and take-overs over time">
<polyline class="acknowledged" points="${curve(acknowledged)}"/>
<polyline class="delivered" points="${curve(delivered)}"/>
<text x="${size.left - 8}" y="14" class="label">${most} messages/s</text>
${laneLabels.map((label, lane) => html`<text x="${size.left - 8}" y="${laneY(lane) + 11}" class="label">${label}</text>`)}
${assignedMs.map((ms) => html`<rect class="take-over" x="${x(ms / 1_000)}" y="${laneY(0) + 2}" width="1.5" height="${size.lane - 4}"/>`)}
${timeline.faults.map((span, index) => {
  const { fault = '', target = '', effective = false } = faults[index] ?? {}
  const [from, to] = [span.fromMs / 1_000, span.toMs / 1_000]
  const width = Math.max(2, Number(x(to)) - Number(x(from)))
  const lane = laneY(1 + lanes.indexOf(fault)) + 2
  return html`<rect class="${effective ? 'fault' : 'unseen'}" x="${x(from)}" y="${lane}" width="${width.toFixed(1)}" height="${size.lane - 4}"><title>${`${fault}, ${target}: ${from.toFixed(1)} s to ${to.toFixed(1)} s`}</title></rect>`
})}
${axisSeconds(seconds).map((second) => html`<text x="${x(second)}" y="${height - 6}" class="axis">${timeLabel(second)}</text>`)}
</svg>`
}

/** Round steps, so many that they can be read. */
const axisSeconds = (seconds: number): readonly number[] => {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600]
  const step = steps.find((each) => seconds / each <= labelsMax) ?? 7_200
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step)
}

const timeLabel = (second: number): Markup =>
  escapeText(second < 120 ? `${second} s` : `${Number((second / 60).toFixed(1))} min`)
