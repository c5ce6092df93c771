import { ownAmong, readReactions, showReactions, withOwn } from "models/reaction_chips.js"

/** What the rows of messages show of the reactions to them. */
export class RowReactions {
  #parts
  #userId

  constructor(parts, userId) {
    this.#parts = parts
    this.#userId = userId
  }

  /** Take what a message says of its own reactions. */
  fill(row, message) {
    this.#show(row, { reactions: message.reactions ?? [], own: ownAmong(message, row, this.#userId) })
  }

  /** Apply the event of a reaction if its row is shown and the event is newer. */
  take(row, { rev, reactions, emoji, user_id, is_added }) {
    if (!row || Number(row.dataset.rev) >= rev) return
    row.dataset.rev = rev
    const own = ownAmong({ reactions }, row, this.#userId)
    if (user_id === this.#userId) own[is_added ? "add" : "delete"](emoji)
    this.#show(row, { reactions, own })
  }

  /** Show what the user has just done, before the server has it. */
  change(row, { emoji, isAdded }) {
    if (!row || readReactions(row).own.has(emoji) === isAdded) return
    this.#show(row, withOwn(readReactions(row), emoji, isAdded, this.#userId))
  }

  #show(row, shown) {
    const box = this.#parts.keep(row, "reactions", shown.reactions.length)
    if (box) showReactions(row, shown)
  }
}
