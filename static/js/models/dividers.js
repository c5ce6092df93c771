import { dayKey, dayText, fullDayText, showMoment } from "helpers/dates.js"
import { protocol } from "helpers/protocol.js"

const CONTINUED = protocol.continued_seconds * 1000 // milliseconds

/** The lines between the rows of a chat: one before each day, and one above what is unread. */
export class Dividers {
  #dayTemplate
  #unread

  constructor(list, dayTemplate, unreadTemplate) {
    this.#dayTemplate = dayTemplate
    this.#unread = findUnread(list) ?? { divider: copyOf(unreadTemplate), seq: "0" }
  }

  /** The `seq` of the row below the unread line; 0: there is no such line. */
  get unreadFrom() {
    return Number(this.#unread.seq)
  }

  set unreadFrom(seq) {
    this.#unread.divider.remove()
    this.#unread.seq = String(seq)
  }

  /** The unread line. */
  get unread() {
    return this.#unread.divider
  }

  /** Put the lines of a row above it, by the reader's own days; join it to the row before. */
  arrange(row, previous) {
    const date = new Date(row.dataset.createdAt)
    const before = previous && new Date(previous.dataset.createdAt)
    const newDay = !before || dayKey(date) !== dayKey(before)
    const isUnread = row.dataset.seq === this.#unread.seq
    if (isUnread && row.previousElementSibling !== this.#unread.divider) {
      row.before(this.#unread.divider)
    }
    this.#divide(row, newDay ? date : null)
    row.classList.toggle(
      "message--continued",
      !newDay &&
        !isUnread &&
        previous.dataset.senderId === row.dataset.senderId &&
        date - before < CONTINUED,
    )
  }

  /** The first of the elements that belong to a row: its day, "New messages", the row itself. */
  start(row) {
    let start = row
    while (start.previousElementSibling?.matches("[data-part]")) start = start.previousElementSibling
    return start
  }

  #divide(row, date) {
    const start = this.start(row)
    const day = start.dataset.part === "day" ? start : null
    if (!date) {
      day?.remove()
      return
    }
    const line = day ?? copyOf(this.#dayTemplate)
    showMoment(line.querySelector("time"), dayKey(date), dayText(date), fullDayText(date))
    if (!day) start.before(line)
  }
}

function copyOf(template) {
  return template.content.firstElementChild.cloneNode(true)
}

/** The line above what was unread when the page was made; it belongs to the row after it. */
function findUnread(list) {
  const divider = list.querySelector(':scope > [data-part="unread-divider"]')
  return divider && { divider, seq: divider.nextElementSibling.dataset.seq }
}
