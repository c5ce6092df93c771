import { Dividers } from "models/dividers.js"
import { LongTexts } from "models/long_texts.js"
import { MessageRows, equipContent, showTime } from "models/message_row.js"
import { PendingRows } from "models/pending_rows.js"
import { RowPeople } from "models/row_people.js"
import { showQuoted } from "models/row_quotes.js"

/** The rows of a chat in the order of `seq`; below them those of its `pending` messages, which aren't stored yet. */
export class MessageLog {
  #log
  #list
  #messageRows
  #dividers
  #longTexts
  #userId
  #byId = new Map()

  /** The elements are the targets of templates/chats/_messages.html. */
  constructor({ log, rows, pending, template, dayTemplate, unreadTemplate }, userId) {
    this.#log = log
    this.#list = rows
    this.#userId = userId
    this.#messageRows = new MessageRows(template, userId, log.dataset.isGroup === "true", log.dataset.prefix)
    this.#longTexts = new LongTexts(this.#messageRows)
    this.#dividers = new Dividers(rows, dayTemplate, unreadTemplate)
    this.pending = new PendingRows(pending, this.#messageRows, userId)
    this.people = new RowPeople(log, () => this.rows, this.#messageRows, userId)
    this.rows = [...rows.querySelectorAll(":scope > .message")]
    for (const row of this.rows) {
      this.#byId.set(row.dataset.id, row)
      showTime(row) // the server's times and days are those of UTC
      equipContent(row)
      this.#longTexts.look(row)
    }
    this.renewDays()
  }

  /** Name the days anew, as another one has begun. */
  renewDays() {
    this.rows.forEach((row, index) => this.#dividers.arrange(row, this.rows[index - 1]))
    this.rows.forEach((row) => this.#messageRows.threads.show(row))
  }

  /** The `seq` of the message below the unread line; 0: there is no such line. */
  get unreadFrom() {
    return this.#dividers.unreadFrom
  }

  /** The unread line, if it is among the rows. */
  get unreadLine() {
    const { unread } = this.#dividers
    return unread.isConnected ? unread : null
  }

  /** Move the unread line above the message with this `seq`, whether its row is here already or not. */
  divideUnread(seq) {
    const moved = [this.unreadFrom, seq]
    this.#dividers.unreadFrom = seq
    for (const [index, row] of this.rows.entries()) {
      if (moved.includes(seqOf(row))) this.#dividers.arrange(row, this.rows[index - 1])
    }
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

  /** Show messages; a message older than its row (by `rev`) is ignored. */
  put(messages) {
    const shown = messages.map((message) => this.#update(message) ?? this.#new(message))
    const added = shown.filter((row) => !row.isConnected || this.pending.has(row))
    this.#insert([...new Set(added)].sort((one, other) => seqOf(one) - seqOf(other)))
    for (const row of shown) {
      this.#messageRows.status.showSending(row, null)
      this.#longTexts.look(row)
      this.people.showReadersOf(row)
    }
  }

  /** Show what the bot has written of a message until now. */
  progress({ message_id, ...message }) {
    const row = this.find(message_id)
    if (row) this.#messageRows.progress(row, message)
  }

  /** Drop the oldest ("top") or newest rows beyond `most`; returns whether there were any. */
  trim(most, end) {
    const surplus = this.rows.length - most
    if (surplus <= 0) return false
    this.#remove(end === "top" ? this.rows.splice(0, surplus) : this.rows.splice(most))
    if (end === "top") this.#dividers.arrange(this.first, undefined)
    return true
  }

  /** Drop all rows. */
  clear() {
    if (this.rows.length) this.#remove(this.rows.splice(0))
  }

  // What rows show of other messages, and of what was done with theirs

  /** Show an edit or deletion in the quotes of a message, whether its own row is here or not. */
  showInQuotes(message) {
    if (!message.edited_at && !message.deleted_at) return
    const quotes = this.#log.querySelectorAll(`[data-part="quote"][href$="#message-${message.id}"]`)
    for (const quote of quotes) showQuoted(quote, message)
  }

  /** Count a reply with the message that began its thread, if its row is here. */
  showReply(message) {
    this.#messageRows.threads.take(this.find(message.root_id), message)
  }

  /** A message was pinned or unpinned. */
  pin(message) {
    const row = this.find(message.message_id)
    if (!row || Number(row.dataset.rev) >= message.rev) return
    row.dataset.rev = message.rev
    this.#messageRows.pin(row, message)
  }

  /** Take an event of a reaction. */
  react(event) {
    this.#messageRows.reactions.take(this.find(event.id), event)
  }

  /** Show what the user has just reacted with. */
  changeReaction(change) {
    this.#messageRows.reactions.change(this.find(change.id), change)
  }

  // Rows

  #update(message) {
    const row = this.find(message.id)
    if (row && Number(row.dataset.rev) < message.rev) {
      this.#messageRows.fill(row, { ...message, reply: message.reply ?? null })
    }
    return row
  }

  /** A new row, or the row of the user's own pending message, which becomes that of the stored one. */
  #new(message) {
    const own = message.client_id && message.sender_id === this.#userId
    const waiting = own && this.pending.find(message.client_id)
    const row = waiting || this.#messageRows.make(message)
    if (waiting) this.#messageRows.fill(waiting, message)
    this.#byId.set(message.id, row)
    return row
  }

  /** Insert sorted rows; those between the same two neighbours in one step. */
  #insert(rows) {
    while (rows.length) {
      const index = this.rows.findLastIndex((row) => seqOf(row) < seqOf(rows[0])) + 1
      const next = this.rows[index]
      const end = next ? rows.findIndex((row) => seqOf(row) > seqOf(next)) : -1
      const run = rows.splice(0, end < 0 ? rows.length : end)
      const fragment = new DocumentFragment()
      fragment.append(...run)
      run.forEach((row, at) => this.#dividers.arrange(row, run[at - 1] ?? this.rows[index - 1]))
      this.#list.insertBefore(fragment, next ? this.#dividers.start(next) : null)
      this.rows.splice(index, 0, ...run)
      if (next) this.#dividers.arrange(next, run.at(-1))
    }
  }

  #remove(rows) {
    const range = new Range()
    range.setStartBefore(this.#dividers.start(rows[0]))
    range.setEndAfter(rows.at(-1))
    range.deleteContents()
    for (const row of rows) this.#byId.delete(row.dataset.id)
  }
}

function seqOf(row) {
  return Number(row.dataset.seq)
}
