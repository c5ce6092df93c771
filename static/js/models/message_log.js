import { dayKey, dayText } from "helpers/dates.js"
import { protocol } from "helpers/protocol.js"

const CONTINUED = protocol.continued_seconds * 1000 // milliseconds

/** The rows of a chat in the order of `seq`, with a line before each day. */
export class MessageLog {
  #element
  #pending
  #messageRows
  #dayTemplate
  #userId
  #byId = new Map()
  #unread

  constructor({ element, pending, messageRows, dayTemplate, userId }) {
    this.#element = element
    this.#pending = pending
    this.#messageRows = messageRows
    this.#dayTemplate = dayTemplate
    this.#userId = userId
    this.rows = [...element.querySelectorAll(":scope > .message")]
    for (const row of this.rows) this.#byId.set(row.dataset.id, row)
    this.#unread = this.#findUnread()
    // The server's days are those of UTC.
    this.rows.forEach((row, index) => this.#arrange(row, this.rows[index - 1]))
  }

  get first() {
    return this.rows[0]
  }

  get last() {
    return this.rows.at(-1)
  }

  find(id) {
    return this.#byId.get(id)
  }

  findPending(clientId) {
    return this.#pending.querySelector(`[data-client-id="${CSS.escape(clientId)}"]`)
  }

  /** A row for a message that isn't stored yet. */
  addPending(message) {
    const row = this.#messageRows.make(message)
    this.#pending.append(row)
    return row
  }

  /** Show messages as they are now; an older state than a row's changes nothing. Answers the rows. */
  put(messages) {
    const shown = messages.map((message) => this.#update(message) ?? this.#new(message))
    const added = shown.filter((row) => !row.isConnected || row.parentElement === this.#pending)
    this.#insert([...new Set(added)].sort((one, other) => seqOf(one) - seqOf(other)))
    return shown
  }

  /** Forget the oldest ("top") or newest rows beyond `most`; answers whether there were any. */
  trim(most, end) {
    const surplus = this.rows.length - most
    if (surplus <= 0) return false
    const kept = end === "top" ? this.rows.splice(0, surplus) : this.rows.splice(most)
    this.#remove(kept)
    if (end === "top") this.#arrange(this.first, undefined)
    return true
  }

  /** Forget all rows. */
  clear() {
    if (this.rows.length) this.#remove(this.rows.splice(0))
  }

  #remove(rows) {
    const range = new Range()
    range.setStartBefore(this.#start(rows[0]))
    range.setEndAfter(rows.at(-1))
    range.deleteContents()
    for (const row of rows) this.#byId.delete(row.dataset.id)
  }

  #update(message) {
    const row = this.find(message.id)
    if (row && Number(row.dataset.rev) < message.rev) {
      this.#messageRows.fill(row, { ...message, reply: message.reply ?? null })
    }
    return row
  }

  /** A new row; the waiting row of one's own message becomes that of the stored one. */
  #new(message) {
    const own = message.client_id && message.sender_id === this.#userId
    const waiting = own && this.findPending(message.client_id)
    const row = waiting || this.#messageRows.make(message)
    if (waiting) this.#messageRows.fill(waiting, message)
    this.#byId.set(message.id, row)
    return row
  }

  /** Insert rows in order: those between the same two neighbours at once. */
  #insert(rows) {
    while (rows.length) {
      const index = this.rows.findLastIndex((row) => seqOf(row) < seqOf(rows[0])) + 1
      const next = this.rows[index]
      const end = next ? rows.findIndex((row) => seqOf(row) > seqOf(next)) : -1
      const run = rows.splice(0, end < 0 ? rows.length : end)
      const fragment = new DocumentFragment()
      fragment.append(...run)
      run.forEach((row, at) => this.#arrange(row, run[at - 1] ?? this.rows[index - 1]))
      this.#element.insertBefore(fragment, next ? this.#start(next) : null)
      this.rows.splice(index, 0, ...run)
      if (next) this.#arrange(next, run.at(-1))
    }
  }

  /** Group a row by the reader's own days, and with the row before it. */
  #arrange(row, previous) {
    const date = new Date(row.dataset.createdAt)
    const before = previous && new Date(previous.dataset.createdAt)
    const newDay = !before || dayKey(date) !== dayKey(before)
    const isUnread = row.dataset.seq === this.#unread?.seq
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

  #divide(row, date) {
    const start = this.#start(row)
    const day = start.dataset.part === "day" ? start : null
    if (!date) {
      day?.remove()
      return
    }
    const line = day ?? this.#dayTemplate.content.firstElementChild.cloneNode(true)
    const time = line.querySelector("time")
    time.dateTime = dayKey(date)
    time.textContent = dayText(date)
    if (!day) start.before(line)
  }

  /** The first of the lines that belong to a row: its day, "new messages", the row itself. */
  #start(row) {
    let start = row
    while (start.previousElementSibling?.matches("[data-part]")) start = start.previousElementSibling
    return start
  }

  /** The line above what was unread when the page was opened; it comes back with its row. */
  #findUnread() {
    const divider = this.#element.querySelector(':scope > [data-part="unread-divider"]')
    return divider && { divider, seq: divider.nextElementSibling.dataset.seq }
  }
}

function seqOf(row) {
  return Number(row.dataset.seq)
}
