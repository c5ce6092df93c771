import { protocol } from "helpers/protocol.js"

// changes; a number this far behind is no longer under way
const MARGIN = protocol.under_way

/**
 * The change (`rev`) up to which this page has everything, except for holes: numbers for which the
 * server had nothing. A hole may belong to a write that was still under way.
 */
export class Cursor {
  #seen = new Set()
  #holes = new Set()

  constructor(rev) {
    this.rev = rev
  }

  /** Whether there are changes after a missing one. */
  get hasGap() {
    return this.#seen.size > 0
  }

  /** The change after which something may be missing. */
  get complete() {
    return Math.min(this.rev + 1, ...this.#holes) - 1
  }

  note(rev) {
    this.#holes.delete(rev)
    if (rev > this.rev) this.#seen.add(rev)
    this.#advance()
  }

  /** Everything that the server has up to this change is here. */
  moveTo(rev) {
    for (let each = Math.max(this.rev, rev - MARGIN) + 1; each <= rev; each++) {
      if (!this.#seen.has(each)) this.#holes.add(each)
    }
    this.rev = Math.max(this.rev, rev)
    for (const each of this.#holes) if (each <= this.rev - MARGIN) this.#holes.delete(each)
    this.#seen = new Set([...this.#seen].filter((each) => each > this.rev))
    this.#advance()
  }

  #advance() {
    while (this.#seen.delete(this.rev + 1)) this.rev += 1
  }
}
