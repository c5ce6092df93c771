const MOST_LINES = 8

/** Fit a textarea's rows to its text where CSS can't (`field-sizing`): this costs a layout. */
export function fitLines(area) {
  if (CSS.supports("field-sizing", "content")) return
  area.rows = 1
  const { lineHeight, paddingBlockStart, paddingBlockEnd } = getComputedStyle(area)
  const padding = parseFloat(paddingBlockStart) + parseFloat(paddingBlockEnd)
  const lines = Math.round((area.scrollHeight - padding) / parseFloat(lineHeight))
  area.rows = Math.min(Math.max(lines, 1), MOST_LINES)
}
