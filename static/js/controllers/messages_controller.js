import { LogController } from "controllers/log_controller.js"
import { inNextFrame } from "helpers/frames.js"
import { listen } from "helpers/listen.js"
import { showDayRead } from "models/days.js"
import { GroupLines } from "models/group_lines.js"
import { Timeline } from "models/timeline.js"

/** The messages of the open chat: scrolls them, loads history, and reports how far it is read. */
export default class extends LogController {
  static targets = ["log", "rows", "pending", "older", "newer", "start", "template", "dayTemplate", "unreadTemplate", "linesTemplate"]
  static values = {
    url: String,
    page: String,
    userId: Number,
    first: Number, // the `seq` of the first message that the user sees
    oldest: Number,
    newest: Number,
    lastSeq: Number, // of the chat when the page was made
    hasNewer: Boolean,
    at: String,
  }

  initialize() {
    this.lookSoon = inNextFrame(() => this.look())
  }

  connect() {
    this.timeline = new Timeline(this.elements, {
      url: this.urlValue,
      userId: this.userIdValue,
      first: this.firstValue,
      oldest: this.oldestValue,
      newest: this.newestValue,
      hasNewer: this.hasNewerValue,
    })
    this.lines = new GroupLines(this.timeline, {
      url: this.urlValue.replace(/messages$/, "changes"),
      isGroup: this.logTarget.dataset.isGroup === "true",
      lastSeq: this.lastSeqValue,
    })
    this.timeline.begin(this.atValue && this.log.find(this.atValue))
    this.#tellPosition()
    this.#watch()
  }

  disconnect() {
    this.timeline.stop()
  }

  get log() {
    return this.timeline.log
  }

  get elements() {
    const names = ["older", "newer", "start", "linesTemplate"]
    return { ...super.elements, ...Object.fromEntries(names.map((name) => [name, this[`${name}Target`]])) }
  }

  /** Of a chat that isn't shown any more nothing is told. */
  dispatch(...event) {
    return this.element.isConnected && super.dispatch(...event)
  }

  #watch() {
    this.timeline.watch()
    listen(this.timeline.unseen, { counted: () => this.#tellPosition() })
    listen(this.timeline.history, {
      loaded: () => this.#loaded(),
      // The rows are now those of the newest page: a reload shows the same.
      restarted: () => this.dispatch("restarted", { target: window, detail: { url: this.pageValue } }),
      done: () => this.dispatch("done"),
      signedOut: () => this.dispatch("signedOut"),
    })
  }

  #loaded() {
    this.lines.loaded()
    this.dispatch("loaded")
    this.#tellPosition()
  }

  // Live

  /** A message has arrived, which the arrivals controller shows. */
  note({ detail: { seq } }) {
    this.lines.note(seq)
  }

  /** Messages that have arrived are shown. */
  shown() {
    this.lines.settle()
    this.see()
  }

  /** The bot is writing. */
  progress({ detail }) {
    const { scroll, log } = this.timeline
    const follows = scroll.atBottom
    log.progress(detail)
    if (follows) scroll.toBottom()
  }

  showPending({ detail }) {
    if (this.log.pending.show(detail)) this.timeline.follow()
  }

  markUnread({ detail: { seq } }) {
    this.log.divideUnread(seq)
  }

  /** What was said until now is hidden from the user: show the chat anew, unless it shows that already. */
  clear({ detail: { since_seq } }) {
    if (since_seq < this.firstValue) return
    const url = new URL(this.pageValue, location.href).href
    this.dispatch("visit", { prefix: "pane", target: window, detail: { url } })
  }

  line({ detail }) {
    this.lines.take(detail)
  }

  missed() {
    this.lines.again()
  }

  // Scrolling

  scrolled() {
    this.timeline.scroll.note()
    this.lookSoon()
  }

  /** The reader is at another place, or the page is shown or hidden. */
  look() {
    if (this.isCovered) return
    showDayRead(this.rowsTarget, this.logTarget.getBoundingClientRect().top)
    this.see()
    if (this.timeline.isAtNewest && !document.hidden) this.timeline.unseen.seenAll()
    this.#tellPosition()
  }

  /** Report how far the reader has come, if the page is visible. */
  see() {
    if (document.hidden || this.isCovered) return
    const row = this.timeline.scroll.lastVisible(this.log.rows)
    if (!row) return
    const seq = Number(row.dataset.seq)
    this.timeline.unseen.seen(seq)
    this.dispatch("seen", { detail: { id: row.dataset.id, seq } })
  }

  /** Whether a thread takes all the room, as on a phone. */
  get isCovered() {
    return getComputedStyle(this.logTarget).visibility === "hidden"
  }

  show({ detail: { row } }) {
    this.timeline.highlight(row)
  }

  async toNewest(event) {
    event.preventDefault()
    await this.timeline.toNewest()
    this.dispatch("focus", { prefix: "chat", target: window })
  }

  /** Show a sent message below the newest one, as soon as that can be loaded. */
  async followSent({ detail } = {}) {
    if (detail?.thread) return // it is shown there
    this.awaitsNewest = true
    if (await this.timeline.toNewest()) this.awaitsNewest = false
    else this.timeline.scroll.toBottom() // where the sent message waits
  }

  connection({ detail: { state } }) {
    if (state === "ready" && this.awaitsNewest) this.followSent()
    this.see()
  }

  #tellPosition() {
    const { isAtNewest, unseen } = this.timeline
    this.dispatch("position", { target: window, detail: { isAtNewest, unseen: unseen.size } })
  }

  // History

  loadOlder() {
    return this.timeline.history.older()
  }

  loadNewer() {
    return this.timeline.history.newer()
  }
}
