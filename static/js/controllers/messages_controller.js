import { Controller } from "@hotwired/stimulus"
import { inBatches, inNextFrame } from "helpers/frames.js"
import { listen } from "helpers/listen.js"
import { Arrivals } from "models/arrivals.js"
import { showDayRead } from "models/days.js"
import { GroupLines } from "models/group_lines.js"
import { Timeline } from "models/timeline.js"

const MOST_AT_ONCE = 40 // messages shown in one frame, with one layout

/** The messages of the open chat: scrolls them, loads history, and reports how far it is read. */
export default class extends Controller {
  static targets = ["log", "rows", "pending", "older", "newer", "start", "template", "dayTemplate", "unreadTemplate", "linesTemplate"]
  static values = {
    url: String,
    page: String,
    userId: Number,
    first: Number, // the `seq` of the first message that the user sees
    oldest: Number,
    newest: Number,
    lastSeq: Number, // of the chat when the page was made: only later messages are new
    hasNewer: Boolean,
    at: String,
  }

  initialize() {
    this.lookSoon = inNextFrame(() => this.look())
    this.showSoon = inBatches(MOST_AT_ONCE, (messages) => this.element.isConnected && this.arrivals.take(messages))
  }

  connect() {
    this.timeline = new Timeline(this.#elements, {
      url: this.urlValue,
      userId: this.userIdValue,
      first: this.firstValue,
      oldest: this.oldestValue,
      newest: this.newestValue,
      hasNewer: this.hasNewerValue,
    })
    const { log, pages, scroll, history } = this.timeline
    Object.assign(this, { log, pages, scroll, history })
    this.lines = new GroupLines(this.timeline, {
      url: this.urlValue.replace(/messages$/, "changes"),
      isGroup: this.logTarget.dataset.isGroup === "true",
      lastSeq: this.lastSeqValue,
    })
    this.arrivals = new Arrivals(this.timeline, this.userIdValue, this.lastSeqValue)
    this.timeline.begin(this.atValue && this.log.find(this.atValue))
    this.#tellPosition()
    this.#watch()
  }

  disconnect() {
    this.timeline.stop()
  }

  /** Of a chat that isn't shown any more nothing is told. */
  dispatch(...event) {
    return this.element.isConnected && super.dispatch(...event)
  }

  get #elements() {
    const names = this.constructor.targets
    return Object.fromEntries(names.map((name) => [name, this[`${name}Target`]]))
  }

  #watch() {
    this.timeline.watch()
    listen(this.arrivals, { shown: () => this.#shown(), counted: () => this.#tellPosition() })
    listen(this.history, {
      loaded: () => this.#loaded(),
      // The rows are now those of the newest page: a reload shows the same.
      restarted: () => this.dispatch("restarted", { target: window, detail: { url: this.pageValue } }),
      done: () => this.arrivals.takeEarly().forEach(this.showSoon),
      signedOut: () => this.dispatch("signedOut"),
    })
  }

  #shown() {
    this.lines.settle()
    this.see()
  }

  #loaded() {
    this.lines.loaded()
    this.dispatch("loaded")
    this.#tellPosition()
  }

  // Live

  apply({ detail: message }) {
    this.lines.note(message.seq)
    this.showSoon(message)
  }

  progress({ detail }) {
    const follows = this.scroll.atBottom
    this.log.progress(detail)
    if (follows) this.scroll.toBottom()
  }

  /** What the user has just reacted with. */
  react({ detail }) {
    this.log.changeReaction(detail)
  }

  showPending({ detail }) {
    if (this.log.showPending(detail)) this.arrivals.follow()
  }

  markUnread({ detail: { seq } }) {
    this.log.divideUnread(seq)
  }

  pin({ detail }) {
    this.log.pin(detail)
  }

  discard({ detail }) {
    this.log.dropPending(detail)
  }

  showReceipts({ detail: { markers } }) {
    this.log.showReceipts(markers)
  }

  rename({ detail: { user_id, name } }) {
    this.log.rename(user_id, name)
  }

  fold({ detail: { user_id } }) {
    this.log.fold(user_id)
  }

  /** What was said until now is hidden from the user: show the chat anew, unless it shows that already. */
  clear({ detail: { since_seq } }) {
    if (since_seq < this.firstValue) return
    const url = new URL(this.pageValue, location.href).href
    this.dispatch("visit", { prefix: "pane", target: window, detail: { url } })
  }

  allow({ detail: rights }) {
    this.logTarget.dataset.canSend = rights.can_send_messages
    this.logTarget.dataset.canDelete = rights.can_delete_other_messages
    this.logTarget.dataset.canPin = rights.can_pin_messages
  }

  line({ detail }) {
    this.lines.take(detail)
  }

  missed() {
    this.lines.again()
  }

  // Scrolling

  scrolled() {
    this.scroll.note()
    this.lookSoon()
  }

  /** The reader is at another place, or the page is shown or hidden. */
  look() {
    if (this.isCovered) return
    showDayRead(this.rowsTarget, this.logTarget.getBoundingClientRect().top)
    this.see()
    if (this.timeline.isAtNewest && !document.hidden) this.arrivals.seenAll()
    this.#tellPosition()
  }

  /** Report how far the reader has come, if the page is visible. */
  see() {
    if (document.hidden || this.isCovered) return
    const row = this.scroll.lastVisible(this.log.rows)
    if (!row) return
    const seq = Number(row.dataset.seq)
    this.arrivals.seen(seq)
    this.dispatch("seen", { detail: { id: row.dataset.id, seq } })
  }

  /** Whether a thread takes all the room, as on a phone. */
  get isCovered() {
    return getComputedStyle(this.logTarget).visibility === "hidden"
  }

  async toNewest(event) {
    event.preventDefault()
    await this.#toNewest()
    this.dispatch("focus", { prefix: "chat", target: window })
  }

  async #toNewest() {
    if (this.pages.hasNewer) await this.history.newest()
    this.arrivals.follow()
  }

  /** Show a sent message below the newest one, as soon as that can be loaded. */
  async followSent({ detail } = {}) {
    if (detail?.thread) return // it is shown there
    this.awaitsNewest = true
    await this.#toNewest()
    if (this.pages.hasNewer) this.scroll.toBottom() // where the sent message waits
    else this.awaitsNewest = false
  }

  connection({ detail: { state } }) {
    if (state === "ready" && this.awaitsNewest) this.followSent()
    this.see()
  }

  #tellPosition() {
    const { isAtNewest } = this.timeline
    const { unseen } = this.arrivals
    this.dispatch("position", { target: window, detail: { isAtNewest, unseen } })
  }

  // History

  loadOlder() {
    return this.history.older()
  }

  loadNewer() {
    return this.history.newer()
  }

  show({ detail: { row } }) {
    this.timeline.highlight(row)
  }
}
