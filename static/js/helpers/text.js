// Text of people: the rules of chatproject/text (bidi.py, names.py, white.py).

/** White space, inside the brackets of a regular expression: Python's `\s` is another one. */
export const WHITE =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff"
const BLANK = new RegExp(
  `^[${WHITE}\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Mn}\\p{Me}` +
    "\\u115f\\u1160\\u2800\\u3164\\uffa0\\u{1d159}]*$",
  "u",
)
const LINE_ENDS = /\r\n?/g
const PART = /^[\p{M}\u200d\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}]/u // of the character before it
const FLAG = /^[\u{1f1e6}-\u{1f1ff}]/u
const LONGEST = 40 // code points of one character that are kept together

const TURNING = /[\u202a-\u202e\u2066-\u206f]/g
const TURNS = /[\u061c\u200e\u200f\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/** Text of people as it is shown: without the characters that turn text around, and lines as LF ends them. */
export function shown(text) {
  return text.replace(TURNING, "").replace(LINE_ENDS, "\n")
}

/** Whether nothing of a text can be seen. */
export function isBlank(text) {
  return BLANK.test(text)
}

/** At most `most` code points of a text, without the half of a character at the end: chatproject/text/cuts.py. */
export function cut(text, most) {
  const points = [...text]
  if (points.length <= most) return text
  const least = Math.max(most - LONGEST, 0)
  let end = most
  while (end > least && isInside(points, end)) end -= 1
  return points.slice(0, end > least ? end : most).join("")
}

function isInside(points, at) {
  const [before, after] = points.slice(at - 1, at + 1)
  if (FLAG.test(after)) {
    const start = points.slice(0, at).findLastIndex((point) => !FLAG.test(point)) + 1
    return (at - start) % 2 === 1
  }
  return before === "\u200d" || PART.test(after) || (before === "\r" && after === "\n")
}

/** Text of people to be put into a sentence without elements. */
export function isolate(text) {
  const plain = shown(text)
  return TURNS.test(plain) ? `\u2068${plain}\u2069` : plain
}
