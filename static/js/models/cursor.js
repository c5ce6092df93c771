/** Up to which change (`rev`) of a chat this page has everything. */
export class Cursor {
  #seen = new Set()

  constructor(rev) {
    this.rev = rev
  }

  /** Changes beyond a missing one. */
  get hasGap() {
    return this.#seen.size > 0
  }

  note(rev) {
    if (rev > this.rev) this.#seen.add(rev)
    this.#advance()
  }

  /** Everything up to this change is here, whatever was missing. */
  moveTo(rev) {
    this.rev = Math.max(this.rev, rev)
    this.#seen = new Set([...this.#seen].filter((each) => each > this.rev))
    this.#advance()
  }

  #advance() {
    while (this.#seen.delete(this.rev + 1)) this.rev += 1
  }
}
