import { Controller } from "@hotwired/stimulus"
import { inNextFrame } from "helpers/frames.js"
import { Arrivals } from "models/arrivals.js"
import { Timeline } from "models/timeline.js"

/** The messages of the open chat: live rows, history in both directions, read receipts. */
export default class extends Controller {
  static targets = ["log", "rows", "pending", "older", "newer", "start", "template", "dayTemplate"]
  static values = {
    url: String,
    page: String,
    userId: Number,
    oldest: Number,
    newest: Number,
    lastSeq: Number, // of the chat when the page was made: what comes up to it is no news
    hasNewer: Boolean,
    at: String,
  }

  initialize() {
    this.lookSoon = inNextFrame(() => this.#look())
  }

  connect() {
    this.timeline = new Timeline(this.#elements, {
      url: this.urlValue,
      userId: this.userIdValue,
      oldest: this.oldestValue,
      newest: this.newestValue,
      hasNewer: this.hasNewerValue,
    })
    const { live, log, pages, scroll, history } = this.timeline
    Object.assign(this, { live, log, pages, scroll, history })
    this.arrivals = new Arrivals({
      pages: this.pages,
      lastSeq: this.lastSeqValue,
      show: (messages) => this.#show(messages),
      showBeyond: (...messages) => this.#showBeyond(...messages),
      showEvery: (messages) => messages.forEach((each) => this.live.showInQuotes(each)),
    })
    this.unseen = 0
    this.#start()
    this.#watch()
  }

  disconnect() {
    this.timeline.stop()
  }

  get #elements() {
    const names = this.constructor.targets
    return Object.fromEntries(names.map((name) => [name, this[`${name}Target`]]))
  }

  /** Begin at the message of the address, at the first unread one, or at the bottom. */
  #start() {
    const unread = this.rowsTarget.querySelector('[data-part="unread-divider"]')
    const row = this.atValue && this.log.find(this.atValue)
    if (row) this.timeline.highlight(row)
    else if (this.pages.hasNewer) this.logTarget.scrollTop = 0
    else this.scroll.toBottom()
    if (!row && unread) unread.scrollIntoView({ block: "start" })
    this.scroll.note()
    this.#tellPosition()
  }

  #watch() {
    this.timeline.watch()
    const on = (type, take) => this.history.addEventListener(type, take)
    on("loaded", () => this.#tellPosition())
    // The newest page instead of all rows: also what a reload will show.
    on("restarted", () => history.replaceState(null, "", this.pageValue))
    on("done", () => this.arrivals.again())
    on("signedOut", () => this.dispatch("signedOut"))
  }

  // Live

  apply({ detail: message }) {
    this.arrivals.add(message)
  }

  #show(messages) {
    const news = messages.filter(({ id }) => !this.log.find(id))
    const follows = this.scroll.stuck || news.some((message) => this.#isOwn(message))
    this.live.put(messages)
    this.pages.newest = Math.max(this.pages.newest, ...messages.map(({ seq }) => seq))
    if (follows) this.#follow()
    else {
      for (const message of news) this.#countUnseen(message)
      this.history.trimFarEnd()
    }
    this.see()
  }

  /** What is beyond the ends isn't shown, but counted where it is news. */
  #showBeyond(messages, news) {
    for (const message of messages) this.live.dropPending(message)
    for (const message of news) this.#countUnseen(message)
  }

  showPending({ detail }) {
    if (this.live.showPending(detail)) this.#follow()
  }

  discard({ detail }) {
    this.live.dropPending(detail)
  }

  showReceipts({ detail: { markers } }) {
    this.live.showReceipts(markers)
  }

  #isOwn({ sender_id }) {
    return sender_id === this.userIdValue
  }

  allow({ detail: rights }) {
    this.logTarget.dataset.canSend = rights.can_send_messages
    this.logTarget.dataset.canDelete = rights.can_delete_other_messages
  }

  // Scrolling

  scrolled() {
    this.scroll.note()
    this.lookSoon()
  }

  #look() {
    if (this.timeline.isAtNewest) this.unseen = 0
    this.#tellPosition()
    this.see()
  }

  /** Tell how far the reader has come, if they can see it. */
  see() {
    if (document.hidden) return
    const row = this.scroll.lastVisible(this.log.rows)
    if (!row) return
    this.dispatch("seen", { detail: { id: row.dataset.id, seq: Number(row.dataset.seq) } })
  }

  async toNewest(event) {
    event.preventDefault()
    await this.#toNewest()
    this.dispatch("focus", { prefix: "chat", target: window })
  }

  async #toNewest() {
    if (this.pages.hasNewer) await this.history.newest()
    this.#follow()
  }

  /** What one sends is shown below the newest message, as soon as that can be loaded. */
  async followSent() {
    this.awaitsNewest = true
    await this.#toNewest()
    if (this.pages.hasNewer) this.scroll.toBottom() // where it waits until then
    else this.awaitsNewest = false
  }

  connection({ detail: { state } }) {
    if (state === "ready" && this.awaitsNewest) this.followSent()
    this.see()
  }

  #follow() {
    if (this.pages.hasNewer) return
    this.history.trim("top")
    this.scroll.toBottom()
    this.unseen = 0
    this.#tellPosition()
  }

  #countUnseen({ sender_id, edited_at, deleted_at }) {
    if (this.#isOwn({ sender_id }) || edited_at || deleted_at) return
    this.unseen += 1
    this.#tellPosition()
  }

  #tellPosition() {
    const { isAtNewest } = this.timeline
    this.dispatch("position", { target: window, detail: { isAtNewest, unseen: this.unseen } })
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
