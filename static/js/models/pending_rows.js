import { showUploads } from "models/upload_tiles.js"

/** The rows of the user's messages that aren't stored yet, in the order of the outbox. */
export class PendingRows {
  #list
  #messageRows
  #userId

  constructor(list, messageRows, userId) {
    this.#list = list
    this.#messageRows = messageRows
    this.#userId = userId
  }

  /** Show an entry of the outbox; returns whether its row is new. */
  show(entry) {
    const known = this.find(entry.client_id)
    const row = known ?? this.#messageRows.make({ ...entry, sender_id: this.#userId })
    if (!known) this.#list.append(row)
    this.#messageRows.status.showSending(row, entry.state, entry.error)
    showUploads(row, entry)
    return !known
  }

  drop({ client_id }) {
    if (client_id) this.find(client_id)?.remove()
  }

  find(clientId) {
    return this.#list.querySelector(`[data-client-id="${CSS.escape(clientId)}"]`)
  }

  has(row) {
    return row.parentElement === this.#list
  }
}
