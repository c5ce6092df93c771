import { Ends } from "models/ends.js"
import { HistoryWindow } from "models/history_window.js"
import { LiveRows } from "models/live_rows.js"
import { Paginator } from "models/paginator.js"
import { Scroll } from "models/scroll.js"

/** The stretch of a chat that a page shows: its rows, its place in the history, its scrolling. */
export class Timeline {
  #sizes

  /** `elements` are those of templates/chats/_messages.html, `page` what the server made of it. */
  constructor(elements, page) {
    this.live = new LiveRows({ ...elements, element: elements.log, userId: page.userId })
    this.log = this.live.log
    this.pages = new Paginator(page)
    this.scroll = new Scroll(elements.log)
    this.history = new HistoryWindow({
      element: elements.log,
      log: this.log,
      pages: this.pages,
      scroll: this.scroll,
      put: (messages) => this.live.put(messages),
    })
    this.elements = elements
  }

  /** Load what follows at an end that comes into sight; stay at the bottom while one is there. */
  watch() {
    const { log, rows, older, newer, start } = this.elements
    this.ends = new Ends({ scroller: log, older, newer, start, load: (end) => this.history[end]() })
    this.history.addEventListener("ends", () => this.ends.show(this.pages))
    this.#sizes = new ResizeObserver(() => this.scroll.stuck && this.scroll.toBottom())
    this.#sizes.observe(log)
    this.#sizes.observe(rows)
  }

  stop() {
    this.ends?.stop()
    this.#sizes?.disconnect()
  }

  get isAtNewest() {
    return this.scroll.atBottom && !this.pages.hasNewer
  }

  highlight(row) {
    this.scroll.show(row)
    row.classList.add("message--highlight")
    const end = () => row.classList.remove("message--highlight")
    row.addEventListener("animationend", end, { once: true })
  }
}
