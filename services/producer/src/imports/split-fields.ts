/**
 * The fields of one CSV line (RFC 4180, comma, double quotes doubled within quotes), or why it is none. A record of this export is
 * one line, so a quote that is not closed on its line is an error of that line and cannot swallow the rest of the file.
 */
export const splitFields = (line: string): readonly string[] | string => {
  if (!line.includes('"')) return line.split(',')
  const fields: string[] = []
  let at = 0
  for (;;) {
    if (line[at] !== '"') {
      const comma = line.indexOf(',', at)
      const field = comma === -1 ? line.slice(at) : line.slice(at, comma)
      if (field.includes('"')) return 'a quote inside an unquoted field'
      fields.push(field)
      if (comma === -1) return fields
      at = comma + 1
      continue
    }
    const end = closingQuote(line, at + 1)
    if (end === -1) return 'a quote that is not closed on its line'
    fields.push(line.slice(at + 1, end).replaceAll('""', '"'))
    if (end + 1 === line.length) return fields
    if (line[end + 1] !== ',') return 'text after a closing quote'
    at = end + 2
  }
}

const closingQuote = (line: string, from: number): number => {
  let end = line.indexOf('"', from)
  while (end !== -1 && line[end + 1] === '"') end = line.indexOf('"', end + 2)
  return end
}
