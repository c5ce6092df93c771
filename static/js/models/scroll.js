const NEAR = 64 // pixels from the bottom that count as being there

/** The scroll position of a list, and how it is kept while the list changes. */
export class Scroll {
  constructor(element) {
    this.element = element
    this.stuck = true
  }

  get atBottom() {
    const { scrollHeight, scrollTop, clientHeight } = this.element
    return scrollHeight - scrollTop - clientHeight < NEAR
  }

  /** The end that is further away: "top" or "bottom". */
  get farEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.element
    return scrollTop > scrollHeight - scrollTop - clientHeight ? "top" : "bottom"
  }

  /** Remember, after the reader scrolled, whether to stay at the bottom. */
  note() {
    this.stuck = this.atBottom
  }

  toBottom() {
    this.element.scrollTop = this.element.scrollHeight
    this.stuck = true
  }

  /** Scroll up again if this element is above what is in sight. */
  notBeyond(element) {
    if (element.getBoundingClientRect().top >= this.element.getBoundingClientRect().top) return
    element.scrollIntoView({ block: "start" })
    this.note()
  }

  /** Change the list without moving what the reader looks at, `anchor`. */
  keep(anchor, change) {
    const top = anchor?.getBoundingClientRect().top
    change()
    if (anchor?.isConnected) this.element.scrollTop += anchor.getBoundingClientRect().top - top
  }

  /** The last of these rows, in order, whose end is in sight; null if there is none. */
  lastVisible(rows) {
    const { top, bottom } = this.element.getBoundingClientRect()
    let [low, high] = [0, rows.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (rows[middle].getBoundingClientRect().bottom <= bottom + NEAR / 2) low = middle + 1
      else high = middle
    }
    const row = rows[low - 1]
    return row && row.getBoundingClientRect().bottom > top ? row : null
  }

  show(row) {
    row.scrollIntoView({ block: "center" })
    this.note()
  }
}
