const NEAR = 64 // pixels from the bottom that count as being there

/** Where a reader is in a long list, and staying there while it changes. */
export class Scroll {
  constructor(element) {
    this.element = element
    this.stuck = true
  }

  get atBottom() {
    const { scrollHeight, scrollTop, clientHeight } = this.element
    return scrollHeight - scrollTop - clientHeight < NEAR
  }

  /** Remember, after the reader scrolled, whether the bottom is to be followed. */
  note() {
    this.stuck = this.atBottom
  }

  toBottom() {
    this.element.scrollTop = this.element.scrollHeight
    this.stuck = true
  }

  /** Change the list without moving what the reader looks at, `anchor`. */
  keep(anchor, change) {
    const top = anchor?.getBoundingClientRect().top
    change()
    if (anchor?.isConnected) this.element.scrollTop += anchor.getBoundingClientRect().top - top
  }

  /** The last of these rows whose end is in sight; null if there is none. */
  lastVisible(rows) {
    const { top, bottom } = this.element.getBoundingClientRect()
    return rows.findLast((row) => {
      const box = row.getBoundingClientRect()
      return box.bottom <= bottom + NEAR / 2 && box.bottom > top
    })
  }

  show(row) {
    row.scrollIntoView({ block: "center" })
    this.note()
  }
}
