import { nodesOf, plainText } from "helpers/markup.js"
import { protocol } from "helpers/protocol.js"
import { cut, shown } from "helpers/text.js"
import { people } from "models/people.js"
import { part } from "models/row_parts.js"

/** What the rows of replies show of the messages that they answer. */
export class RowQuotes {
  #parts
  #isGroup

  constructor(parts, isGroup) {
    this.#parts = parts
    this.#isGroup = isGroup
  }

  /** Take what a message says of the one that it answers. */
  fill(row, { reply, deleted_at }) {
    const quote = this.#parts.keep(row, "quote", reply && !deleted_at)
    if (!quote) return
    quote.href = `?at=${reply.id}#message-${reply.id}`
    quote.dataset.senderId = reply.sender_id
    showQuotedSender(quote, reply.sender_name)
    this.fold(quote)
    showQuoted(quote, { content: reply.content, deleted_at: reply.deleted })
  }

  /** Fold a quote of somebody whom the user blocks, or unfold that of anybody else. */
  fold(quote) {
    const isBlocked = people.isBlocked(Number(quote.dataset.senderId))
    quote.classList.toggle("quote--folded", this.#isGroup && isBlocked)
  }
}

/** Show who sent the quoted message. */
export function showQuotedSender(quote, name) {
  part(quote, "quote-sender").textContent = name
}

/** Show in a quote the start of the quoted message. */
export function showQuoted(quote, { content, html, deleted_at }) {
  const text = html ? plainText(nodesOf(html)) : (content ?? "") // of a deleted one there is none
  const start = shown(cut(text, protocol.preview_length))
  part(quote, "quote-content").textContent = deleted_at ? "Message deleted" : start
}
