const NEAR = 64 // pixels from the bottom that count as being there

/** The scroll position of a list, and how it is kept while the list changes. */
export class Scroll {
  #top = Infinity // where it was last

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

  /** Remember, when it was scrolled, whether to stay at the bottom: not if the reader went up. */
  note() {
    const { scrollTop } = this.element
    this.stuck = this.atBottom || (this.stuck && scrollTop >= this.#top) // the size alone changed
    this.#top = scrollTop
  }

  /** Remember whether to stay at the bottom, after other rows came into sight. */
  renew() {
    this.stuck = this.atBottom
    this.#top = this.element.scrollTop
  }

  toBottom() {
    this.element.scrollTop = this.element.scrollHeight
    this.#top = this.element.scrollTop
    this.stuck = true
  }

  /** Scroll up again if this element is above what is in sight. */
  notBeyond(element) {
    if (element.getBoundingClientRect().top >= this.element.getBoundingClientRect().top) return
    element.scrollIntoView({ block: "start" })
    this.renew()
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
    this.renew()
  }
}
