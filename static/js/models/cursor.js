/** The change (`rev`) up to which this page has everything; changes have dense numbers. */
export class Cursor {
  #seen = new Set()

  constructor(rev) {
    this.rev = rev
  }

  /** Whether there are changes after a missing one. */
  get hasGap() {
    return this.#seen.size > 0
  }

  note(rev) {
    if (rev > this.rev) this.#seen.add(rev)
    while (this.#seen.delete(this.rev + 1)) this.rev += 1
  }

  /** Everything up to this change is here. */
  moveTo(rev) {
    this.rev = Math.max(this.rev, rev)
    this.#seen = new Set([...this.#seen].filter((each) => each > this.rev))
    this.note(this.rev)
  }
}
