import { onNewDay } from "helpers/dates.js"
import { Ends } from "models/ends.js"
import { HistoryWindow } from "models/history_window.js"
import { LineRows } from "models/line_rows.js"
import { unfold } from "models/long_texts.js"
import { MessageLog } from "models/message_log.js"
import { Paginator } from "models/paginator.js"
import { Scroll } from "models/scroll.js"
import { Unseen } from "models/unseen.js"

/** The messages that a page shows: their rows, their place in the history, the scroll position, which aren't seen yet. */
export class Timeline {
  #elements
  #ends
  #sizes
  #endDays

  /** `elements`: the targets of templates/chats/_messages.html; `page`: values of the same template. */
  constructor(elements, page) {
    this.#elements = elements
    this.log = new MessageLog(elements, page.userId)
    this.pages = new Paginator(page)
    this.scroll = new Scroll(elements.log)
    this.unseen = new Unseen(this.log, page.userId)
    const { log, pages, scroll } = this
    this.lines = new LineRows(elements, log, pages)
    this.history = new HistoryWindow({ element: elements.log, log, pages, scroll })
  }

  /** Load more at an end that comes into sight; stay at the bottom when sizes change. */
  watch() {
    const { log, rows, older, newer, start } = this.#elements
    this.#ends = new Ends({ scroller: log, older, newer, start, load: (end) => this.history[end]() })
    this.history.addEventListener("ends", () => this.#ends.show(this.pages))
    this.#sizes = new ResizeObserver(() => this.scroll.stuck && this.scroll.toBottom())
    this.#sizes.observe(log)
    this.#sizes.observe(rows)
    this.#endDays = onNewDay(() => this.log.renewDays())
  }

  stop() {
    this.pages.stop()
    this.#ends?.stop()
    this.#endDays?.()
    this.#sizes?.disconnect()
  }

  get isAtNewest() {
    return this.scroll.atBottom && !this.pages.hasNewer
  }

  /** Begin at this row, at the first unread message, or at the bottom. */
  begin(row) {
    const unread = this.#elements.rows.querySelector('[data-part="unread-divider"]')
    if (row) this.highlight(row)
    else if (this.pages.hasNewer) this.#elements.log.scrollTop = 0
    else this.scroll.toBottom()
    if (!row && unread) unread.scrollIntoView({ block: "start" })
    this.scroll.renew()
  }

  /**
   * Scroll to the newest message, unless it isn't loaded; returns whether it did. All are seen then. A hidden
   * page keeps the unread line in sight: reading goes on there.
   */
  follow() {
    if (this.pages.hasNewer) return false
    this.history.trim("top")
    this.scroll.toBottom()
    if (!document.hidden) this.unseen.seenAll()
    else if (this.log.unreadLine) this.scroll.notBeyond(this.log.unreadLine)
    return true
  }

  /** Load the newest messages, if they aren't here, and scroll to them; returns whether it did. */
  async toNewest() {
    if (this.pages.hasNewer) await this.history.newest()
    return this.follow()
  }

  highlight(row) {
    unfold(row, true) // who looks for a message wants to read it
    this.scroll.show(row)
    row.classList.add("message--highlight")
    const end = () => row.classList.remove("message--highlight")
    row.addEventListener("animationend", end, { once: true })
  }
}
