import { dayKey, dayText } from "helpers/dates.js"
import { fill } from "models/message_row.js"

const CONTINUED = 5 * 60 * 1000 // milliseconds, as in chats/timeline.py

/** The rows of a chat in the order of `seq`, with a line before each day. */
export class MessageLog {
  constructor({ element, pending, template, dayTemplate, userId }) {
    Object.assign(this, { element, pending, template, dayTemplate, userId })
  }

  get rows() {
    return [...this.element.querySelectorAll(":scope > .message")]
  }

  get last() {
    return this.#sibling(null, "last")
  }

  find(id) {
    return this.element.querySelector(`:scope > [data-id="${CSS.escape(id)}"]`)
  }

  findPending(clientId) {
    return this.pending.querySelector(`[data-client-id="${CSS.escape(clientId)}"]`)
  }

  /** A row for a message that isn't stored yet. */
  addPending(message) {
    const row = this.#make(message)
    this.pending.append(row)
    return row
  }

  /** Show a message as it is now; an older state than the row's changes nothing. Answers its row. */
  put(message) {
    const row = this.find(message.id)
    if (row && Number(row.dataset.rev) >= message.rev) return row
    if (row) {
      fill(row, { ...message, reply: message.reply ?? null }, this.userId)
      return row
    }
    return this.#insert(this.#adopt(message) ?? this.#make(message))
  }

  /** Forget the oldest or newest rows beyond `most`; answers whether there were any. */
  trim(most, end) {
    const rows = this.rows
    const surplus = end === "top" ? rows.slice(0, -most) : rows.slice(most)
    for (const row of surplus) row.remove()
    if (surplus.length) this.arrangeAll()
    return surplus.length > 0
  }

  /** Group the rows by the reader's own days. */
  arrangeAll() {
    for (const day of this.element.querySelectorAll('[data-part="day"]')) day.remove()
    for (const row of this.rows) this.#arrange(row)
  }

  #make(message) {
    const row = this.template.content.firstElementChild.cloneNode(true)
    fill(row, message, this.userId)
    return row
  }

  /** The waiting row of one's own message becomes the row of the stored one. */
  #adopt(message) {
    if (!message.client_id || message.sender_id !== this.userId) return null
    const row = this.findPending(message.client_id)
    if (row) fill(row, message, this.userId)
    return row
  }

  #insert(row) {
    const seq = Number(row.dataset.seq)
    let next = null
    for (const other of this.rows.reverse()) {
      if (Number(other.dataset.seq) < seq) break
      next = other
    }
    this.element.insertBefore(row, next && this.#start(next))
    this.#arrange(row)
    if (next) this.#arrange(next)
    return row
  }

  #arrange(row) {
    const previous = this.#sibling(row, "previous")
    const date = new Date(row.dataset.createdAt)
    const before = previous && new Date(previous.dataset.createdAt)
    const newDay = !before || dayKey(date) !== dayKey(before)
    this.#divide(row, newDay ? date : null)
    row.classList.toggle(
      "message--continued",
      !newDay &&
        row.previousElementSibling === previous &&
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
    const line = day ?? this.dayTemplate.content.firstElementChild.cloneNode(true)
    const time = line.querySelector("time")
    time.dateTime = dayKey(date)
    time.textContent = dayText(date)
    if (!day) this.element.insertBefore(line, start)
  }

  /** The first of the lines that belong to a row: its day, "new messages", the row itself. */
  #start(row) {
    let start = row
    while (start.previousElementSibling?.matches("[data-part]")) start = start.previousElementSibling
    return start
  }

  #sibling(row, which) {
    let other = which === "last" ? this.element.lastElementChild : row.previousElementSibling
    while (other && !other.matches(".message")) other = other.previousElementSibling
    return other
  }
}
