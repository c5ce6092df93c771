import { protocol } from "helpers/protocol.js"

// Changes; a number that far behind is not under way any more.
const MARGIN = protocol.under_way

/**
 * Up to which change (`rev`) of a chat this page has everything, but for holes: numbers that were
 * passed over because nothing had them. One may be that of a write that was still under way.
 */
export class Cursor {
  #seen = new Set()
  #holes = new Set()

  constructor(rev) {
    this.rev = rev
  }

  /** Changes beyond a missing one. */
  get hasGap() {
    return this.#seen.size > 0
  }

  /** After which change to ask for what may be missing. */
  get complete() {
    return Math.min(this.rev + 1, ...this.#holes) - 1
  }

  note(rev) {
    this.#holes.delete(rev)
    if (rev > this.rev) this.#seen.add(rev)
    this.#advance()
  }

  /** Everything up to this change is here, whatever was missing. */
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
