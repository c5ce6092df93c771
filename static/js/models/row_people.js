import { showSender } from "models/message_row.js"
import { people } from "models/people.js"
import { Readers } from "models/readers.js"
import { showQuotedSender } from "models/row_quotes.js"

/** What the rows of a log show of people: who has read them, what somebody is called, whom the user blocks. */
export class RowPeople {
  #log
  #rows
  #messageRows
  #userId
  #readers = new Readers()

  /** `rows` returns the rows that there are now. */
  constructor(log, rows, messageRows, userId) {
    this.#log = log
    this.#rows = rows
    this.#messageRows = messageRows
    this.#userId = userId
  }

  /** `markers`: pairs of a member's id and the `seq` up to which they have read. */
  showReceipts(markers) {
    this.#readers = new Readers(markers.filter(([id]) => id !== this.#userId))
    for (const row of this.#rows()) this.showReadersOf(row)
  }

  showReadersOf(row) {
    if (!row.matches(".message--own")) return
    const { count, ids } = this.#readers.of(Number(row.dataset.seq))
    this.#messageRows.status.showReaders(row, count, ids.map((id) => people.name(id, "")).filter(Boolean))
  }

  /** The user blocks this person, or doesn't any more. */
  fold(userId) {
    for (const row of this.#rowsOf(userId)) this.#messageRows.fold(row)
    for (const quote of this.#quotesOf(userId)) this.#messageRows.quotes.fold(quote)
  }

  /** This person is called something else. */
  rename(userId, name) {
    for (const row of this.#rowsOf(userId)) showSender(row, name, userId)
    for (const quote of this.#quotesOf(userId)) showQuotedSender(quote, name)
    for (const mention of this.#log.querySelectorAll(`a.mention[data-user-id="${userId}"]`)) mention.textContent = `@${name}`
  }

  #rowsOf(userId) {
    return this.#rows().filter((row) => Number(row.dataset.senderId) === userId)
  }

  #quotesOf(userId) {
    return this.#log.querySelectorAll(`[data-part="quote"][data-sender-id="${userId}"]`)
  }
}
