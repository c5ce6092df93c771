// Text of people in directions: the rules of chatproject/text/bidi.py.

const TURNING = /[\u202a-\u202e\u2066-\u206f]/g
const MARKS = /[\u061c\u200e\u200f]/g
const TURNS = /[\u061c\u200e\u200f\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/** Text of people as it is shown: without the characters that turn text around. */
export function shown(text) {
  return text.replace(TURNING, "")
}

/** The same without marks of direction, too: for addresses. */
export function unmarked(text) {
  return text.replace(MARKS, "")
}

/** Text of people to be put into a sentence without elements. */
export function isolate(text) {
  const plain = shown(text)
  return TURNS.test(plain) ? `\u2068${plain}\u2069` : plain
}
