import { isRetriable } from "helpers/api.js"

const MOST_ROWS = 250 // more are dropped, and loaded again when scrolled to
const MOST_ROWS_HELD = 400 // while the focus or a selection is among them

/**
 * The part of a chat's history that the page shows: loads pages at either end, and drops rows at the
 * other. Events: `loaded` (rows were added), `ends` (there is more or less beyond the ends),
 * `restarted` (the rows are now the newest page), `done` (a request ended), `signedOut`.
 */
export class HistoryWindow extends EventTarget {
  #element
  #log
  #pages
  #scroll
  #lostFocus

  /** `element` scrolls, and holds the rows of the log. */
  constructor({ element, log, pages, scroll }) {
    super()
    this.#element = element
    this.#log = log
    this.#pages = pages
    this.#scroll = scroll
  }

  older() {
    return this.#load(() => this.#pages.older(), this.#log.first, "bottom")
  }

  newer() {
    return this.#load(() => this.#pages.newer(), this.#log.last, "top")
  }

  newest() {
    return this.#load(() => this.#pages.newestPage(), null, null)
  }

  /** Add a page at one end and drop rows at the other, `forget`; if that is null, drop all others. */
  async #load(load, anchor, forget) {
    try {
      const messages = await load()
      if (!messages) return
      this.#quietly(() => {
        if (!forget) this.#restart()
        this.#scroll.keep(anchor, () => this.#add(messages, forget))
      })
      this.#scroll.renew()
      this.#tell("loaded")
    } catch (error) {
      if (error.signedOut) this.#tell("signedOut")
      else if (!isRetriable(error)) throw error
    } finally {
      this.#tell("done")
    }
  }

  /** Screen readers announce what is added to a log; don't let them announce history. */
  #quietly(change) {
    this.#element.ariaBusy = "true"
    try {
      change()
    } finally {
      requestAnimationFrame(() => (this.#element.ariaBusy = null))
    }
  }

  #restart() {
    this.#log.clear()
    this.#tell("restarted")
  }

  #add(messages, forget) {
    this.#log.put(messages)
    if (forget) this.trim(forget)
    this.#tell("ends")
    this.#focusAgain()
  }

  /** While older messages are read, bound the list at the end that is further away. */
  trimFarEnd() {
    if (this.#log.rows.length <= this.#mostRows) return
    const anchor = this.#scroll.lastVisible(this.#log.rows)
    this.#scroll.keep(anchor, () => this.trim(this.#scroll.farEnd))
  }

  /** Drop surplus rows at an end, "top" or "bottom". */
  trim(end) {
    const focused = this.#element.contains(document.activeElement) && document.activeElement
    if (!this.#log.trim(this.#mostRows, end)) return
    this.#forgot(end)
    if (!focused || focused.isConnected) return
    this.#lostFocus = focused.closest(".message").dataset.id
    this.#element.focus({ preventScroll: true })
  }

  /** Give the focus back to the row that had it when it was dropped. */
  #focusAgain() {
    const row = document.activeElement === this.#element && this.#log.find(this.#lostFocus)
    if (row) row.focus({ preventScroll: true })
  }

  get #mostRows() {
    const selection = getSelection()
    const isHeld = (node) => node !== this.#element && this.#element.contains(node)
    const selects = !selection.isCollapsed && isHeld(selection.anchorNode)
    return selects || isHeld(document.activeElement) ? MOST_ROWS_HELD : MOST_ROWS
  }

  #forgot(end) {
    if (end === "top") this.#pages.oldest = Number(this.#log.first.dataset.seq)
    else {
      this.#pages.newest = Number(this.#log.last.dataset.seq)
      this.#pages.hasNewer = true
    }
    this.#tell("ends")
  }

  #tell(type) {
    this.dispatchEvent(new CustomEvent(type))
  }
}
