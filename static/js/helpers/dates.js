// Dates in the reader's own time zone and language.

const DAY = 24 * 60 * 60 * 1000
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" })
const weekday = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" })
const fullDay = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long", year: "numeric" })
const shortDay = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" })

/** The local day as YYYY-MM-DD. */
export function dayKey(date) {
  const pad = (number) => String(number).padStart(2, "0")
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
}

export function timeText(date) {
  return time.format(date)
}

export function fullText(date) {
  return full.format(date)
}

/** Today, Yesterday, or the date. */
export function dayText(date, now = new Date()) {
  if (dayKey(date) === dayKey(now)) return "Today"
  if (dayKey(date) === dayKey(new Date(now - DAY))) return "Yesterday"
  return (date.getFullYear() === now.getFullYear() ? weekday : fullDay).format(date)
}

/** The time of a chat in the list: the time of day today, otherwise the day. */
export function listTime(date, now = new Date()) {
  if (dayKey(date) === dayKey(now)) return timeText(date)
  if (dayKey(date) === dayKey(new Date(now - DAY))) return "Yesterday"
  return shortDay.format(date)
}
