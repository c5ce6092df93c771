// Dates in the reader's own time zone, and in their kind of English.

const english = navigator.languages.find((language) => /^en\b/i.test(language)) ?? "en"
const form = (locale, parts) => new Intl.DateTimeFormat(locale, parts)
const time = form(undefined, { hour: "2-digit", minute: "2-digit" })
const weekday = form(english, { weekday: "long", day: "numeric", month: "long" })
const fullDay = form(english, { weekday: "long", day: "numeric", month: "long", year: "numeric" })
const shortDay = form(english, { day: "numeric", month: "short" })
const shortDate = form(english, { day: "numeric", month: "short", year: "numeric" })
const full = form(undefined, { dateStyle: "full", timeStyle: "short" })

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

export function fullDayText(date) {
  return fullDay.format(date)
}

/** Today, Yesterday, or the date. */
export function dayText(date, now = new Date()) {
  return nearDay(date, now) ?? (isSameYear(date, now) ? weekday : fullDay).format(date)
}

/** The time of a chat in the list: the time of day today, otherwise the day. */
export function listTime(date, now = new Date()) {
  if (dayKey(date) === dayKey(now)) return timeText(date)
  return nearDay(date, now) ?? (isSameYear(date, now) ? shortDay : shortDate).format(date)
}

/** Show a moment in a `<time>`, as this text, with the full date as its title. */
export function showMoment(element, dateTime, text, title) {
  element.dateTime = dateTime
  if (element.title !== title) element.title = title
  if (element.textContent !== text) element.textContent = text
  element.dataset.local = "" // static/css/message.css
}

/** Call `work` whenever another day has begun, or the page is seen again after that; returns an end. */
export function onNewDay(work) {
  let today = dayKey(new Date())
  let timer = null
  const look = () => {
    const before = today
    today = dayKey(new Date())
    if (today !== before) work()
    clearTimeout(timer)
    timer = setTimeout(look, untilMidnight())
  }
  document.addEventListener("visibilitychange", look)
  look()
  return () => {
    clearTimeout(timer)
    document.removeEventListener("visibilitychange", look)
  }
}

function nearDay(date, now) {
  if (dayKey(date) === dayKey(now)) return "Today"
  // Not 24 hours ago: two days of the year are longer or shorter.
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1)
  return dayKey(date) === dayKey(yesterday) ? "Yesterday" : null
}

function isSameYear(date, now) {
  return date.getFullYear() === now.getFullYear()
}

/** Milliseconds; a little more, so that a timer isn't early. */
function untilMidnight(now = new Date()) {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1) - now + 50
}
