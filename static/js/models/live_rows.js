import { MessageLog } from "models/message_log.js"
import { MessageRows, showQuoted, showReaders, showTime } from "models/message_row.js"
import { people } from "models/people.js"
import { Readers } from "models/readers.js"

/** The rows of the open chat as they are now: messages, those on their way, who has read them. */
export class LiveRows {
  #element
  #messageRows
  #userId
  #readers = new Readers()

  constructor({ element, rows, pending, template, dayTemplate, userId }) {
    this.#element = element
    this.#userId = userId
    this.#messageRows = new MessageRows(template, userId)
    this.log = new MessageLog({
      element: rows,
      pending,
      messageRows: this.#messageRows,
      dayTemplate,
      userId,
    })
    for (const row of this.log.rows) showTime(row)
  }

  put(messages) {
    for (const row of this.log.put(messages)) {
      this.#messageRows.showSending(row, null)
      this.#showReadersOf(row)
    }
  }

  /** Show how far a message is that isn't stored yet; answers whether its row is new. */
  showPending(entry) {
    const known = this.log.findPending(entry.client_id)
    const row = known ?? this.log.addPending({ ...entry, sender_id: this.#userId })
    this.#messageRows.showSending(row, entry.state, entry.error)
    return !known
  }

  dropPending({ client_id }) {
    if (client_id) this.log.findPending(client_id)?.remove()
  }

  showReceipts(markers) {
    this.#readers = new Readers(markers.filter(([id]) => id !== this.#userId))
    for (const row of this.log.rows) this.#showReadersOf(row)
  }

  #showReadersOf(row) {
    if (!row.matches(".message--own")) return
    const { count, ids } = this.#readers.of(Number(row.dataset.seq))
    showReaders(row, count, ids.map((id) => people.name(id, "")).filter(Boolean))
  }

  /** A message that is quoted may have changed, whether its own row is here or not. */
  showInQuotes(message) {
    if (!message.edited_at && !message.deleted_at) return
    const quotes = `[data-part="quote"][href$="#message-${message.id}"]`
    for (const quote of this.#element.querySelectorAll(quotes)) showQuoted(quote, message)
  }
}
