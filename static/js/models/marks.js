// Marks of Markdown in a text that is being written: each function takes the text and what is selected in it
// (`start`, `end`), and returns what to put (`text`) in place of which part (`from`, `to`), and what is selected then.

const AROUND = { bold: "**", italic: "*", strike: "~~", code: "`" }
const BEFORE = { quote: () => "> ", list: () => "- ", numbers: (index) => `${index + 1}. ` }
const LONGEST_FENCE = /`{3,}/g

/** Mark what is selected, or take the mark away: a key of `AROUND` or `BEFORE`, "link" or "fence". */
export function mark(kind, value, start, end) {
  if (kind === "link") return link(value, start, end)
  if (kind === "fence" || (kind === "code" && value.slice(start, end).includes("\n"))) return fence(value, start, end)
  return kind in AROUND ? around(AROUND[kind], value, start, end) : before(BEFORE[kind], value, start, end)
}

function around(sign, value, start, end) {
  const selected = value.slice(start, end)
  const text = selected.trim()
  const from = start + (text ? selected.indexOf(text) : 0)
  const to = from + text.length
  const { length } = sign
  if (isAround(sign, value, from, to)) {
    const at = from - length
    return { from: at, to: to + length, text, start: at, end: at + text.length }
  }
  return { from, to, text: sign + text + sign, start: from + length, end: to + length }
}

/** Whether these signs stand on both sides, and not as a part of longer ones: `*` in `**`. */
function isAround(sign, value, from, to) {
  const run = sign[0] === "*" ? /\*+$/ : new RegExp(`${sign[0]}+$`)
  const left = value.slice(0, from).match(run)?.[0].length ?? 0
  const isThere = left === sign.length || (sign[0] === "*" && left === 3)
  return isThere && value.startsWith(sign, to)
}

/** Whole lines, each with its mark; without, if all have one. */
function before(sign, value, start, end) {
  const from = value.lastIndexOf("\n", start - 1) + 1
  const stop = value.indexOf("\n", end)
  const to = stop < 0 ? value.length : stop
  const lines = value.slice(from, to).split("\n")
  const isMarked = lines.every((line, index) => line.startsWith(sign(index)))
  const marked = lines.map((line, index) => (isMarked ? line.slice(sign(index).length) : sign(index) + line))
  const text = marked.join("\n")
  const isOne = start === end
  return { from, to, text, start: isOne ? from + text.length : from, end: from + text.length }
}

function link(value, start, end) {
  const selected = value.slice(start, end)
  if (/^https?:\/\/\S+$/.test(selected)) {
    return { from: start, to: end, text: `[](${selected})`, start: start + 1, end: start + 1 }
  }
  const text = `[${selected}](https://)`
  const at = selected ? start + text.length - 1 : start + 1
  return { from: start, to: end, text, start: at, end: at }
}

/** Lines of code, in a fence longer than any in them. */
export function fence(value, start, end) {
  const code = value.slice(start, end).replace(/^\n+|\n+$/g, "")
  const ticks = "`".repeat(Math.max(3, ...[...code.matchAll(LONGEST_FENCE)].map(([run]) => run.length + 1)))
  const head = (start && value[start - 1] !== "\n" ? "\n" : "") + ticks
  const tail = end < value.length && value[end] !== "\n" ? "\n" : ""
  const at = start + head.length // where a language is written
  return { from: start, to: end, text: `${head}\n${code}\n${ticks}${tail}`, start: at, end: at }
}

const OF_CODE = [
  /^(\t| {2,})\S/,
  /[{};]\s*$|^\s*[}\])]/,
  /\w\([^)]*\)\s*[:;{]?\s*$/,
  /=>|->|==|!=|&&|\|\||:=|<\/\w+>|^\s*<\w+[^>]*>|\w\s=\s\S/,
  /^\s*(import|from|def|class|function|const|let|var|if|for|while|return|public|private|package|use|fn|func)\b.*[({:;=.\w]\s*$/,
  /^\s*(#include|#!|\/\/|\/\*|--\s|SELECT\b|INSERT\b|CREATE\b|\$ )/i,
]

/** Whether lines look like code that isn't in a fence yet. */
export function looksLikeCode(text) {
  const lines = text.split("\n").filter((line) => line.trim())
  if (lines.length < 2 || /^ {0,3}(```|~~~)/m.test(text)) return false
  const ofCode = lines.filter((line) => OF_CODE.some((pattern) => pattern.test(line)))
  return ofCode.length >= 2 && ofCode.length >= lines.length / 2
}
