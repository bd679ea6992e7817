import type { Frame } from './cpu-profile.ts'

const width = 1_200
const rowHeight = 17
const headHeight = 44
/** Narrower ones are left out: nobody could read them. */
const narrowest = 1
const characterWidth = 6.6

/**
 * A flame graph as one SVG file that any browser opens: callers above, width is processor time, the whole name and share of a
 * function where the pointer rests.
 */
export const flameGraph = (title: string, root: Frame): string => {
  const rows: string[] = []
  let depthMax = 0
  const draw = (frame: Frame, left: number, depth: number): void => {
    const wide = (frame.totalMicros / root.totalMicros) * width
    if (wide < narrowest) return
    depthMax = Math.max(depthMax, depth)
    rows.push(box(frame, { left, depth, wide, share: frame.totalMicros / root.totalMicros }))
    let from = left
    for (const child of [...frame.children].sort((one, other) => other.totalMicros - one.totalMicros)) {
      draw(child, from, depth + 1)
      from += (child.totalMicros / root.totalMicros) * width
    }
  }
  draw(root, 0, 0)
  const height = headHeight + (depthMax + 1) * rowHeight + 8
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="monospace" font-size="11">`,
    '<style>rect{stroke:#fff;stroke-width:.5}g:hover rect{stroke:#000}text{pointer-events:none}</style>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="8" y="18" font-size="14">${escaped(title)}</text>`,
    `<text x="8" y="34" fill="#555">${(root.totalMicros / 1_000_000).toFixed(1)} s of processor time, callers above</text>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n')
}

const box = (
  { name, url, totalMicros, selfMicros }: Frame,
  { left, depth, wide, share }: { left: number; depth: number; wide: number; share: number },
): string => {
  const top = headHeight + depth * rowHeight
  const letters = Math.floor((wide - 6) / characterWidth)
  const label = name.length <= letters ? name : letters > 3 ? `${name.slice(0, letters - 1)}…` : ''
  const own = totalMicros === 0 ? 0 : (100 * selfMicros) / totalMicros
  return [
    `<g><title>${escaped(name)}: ${(100 * share).toFixed(1)} %, ${own.toFixed(0)} % of it itself</title>`,
    `<rect x="${left.toFixed(1)}" y="${top}" width="${wide.toFixed(1)}" height="${rowHeight - 1}" fill="${colourOf(url)}"/>`,
    label === '' ? '' : `<text x="${(left + 3).toFixed(1)}" y="${top + 12}">${escaped(label)}</text>`,
    '</g>',
  ].join('')
}

/** Ours, the benchmark's own, Node's, and what others wrote. */
const colourOf = (url: string): string => {
  if (url.includes('/bench/dist/')) return '#d8e6c3'
  if (/\/packages\/[^/]+\/dist\//.test(url)) return '#f6b26b'
  if (url.includes('/node_modules/')) return '#a9c8e8'
  return '#dcdcdc'
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
