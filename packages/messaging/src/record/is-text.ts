/** Whether `bytes` read as UTF-8 are `text`; decodes nothing when `text` is ASCII, as keys are. */
export const isText = (bytes: Buffer, text: string): boolean => {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 0x7f) return bytes.toString('utf8') === text
    if (bytes[index] !== code) return false
  }
  return bytes.length === text.length
}
