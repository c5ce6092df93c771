import { Controller } from "@hotwired/stimulus"
import { inBatches, inNextFrame } from "helpers/frames.js"
import { Timeline } from "models/timeline.js"

const MOST_AT_ONCE = 40 // messages shown in one frame, with one layout

/** The messages of the open chat: shows live ones, loads history, and reports how far it is read. */
export default class extends Controller {
  static targets = ["log", "rows", "pending", "older", "newer", "start", "template", "dayTemplate"]
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
    this.lookSoon = inNextFrame(() => this.#look())
    this.showSoon = inBatches(MOST_AT_ONCE, (messages) => this.element.isConnected && this.#arrive(messages))
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
    this.early = [] // messages that arrived while a page was being loaded
    this.counted = this.lastSeqValue // the `seq` up to which messages aren't new
    this.unseen = 0
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
    const on = (type, take) => this.history.addEventListener(type, take)
    on("loaded", () => this.dispatch("loaded"))
    on("loaded", () => this.#tellPosition())
    // The rows are now those of the newest page: a reload shows the same.
    on("restarted", () => this.dispatch("restarted", { target: window, detail: { url: this.pageValue } }))
    on("done", () => this.early.splice(0).forEach(this.showSoon))
    on("signedOut", () => this.dispatch("signedOut"))
  }

  // Live

  apply({ detail: message }) {
    this.showSoon(message)
  }

  #arrive(messages) {
    const { isLoading, newest } = this.pages
    // The page being loaded may be older than these messages: show them again after it.
    if (isLoading) this.early.push(...messages)
    const inside = messages.filter(({ seq }) => this.pages.covers(seq))
    // Those beyond the ends may belong to that page.
    const beyond = isLoading ? [] : messages.filter((each) => !inside.includes(each))
    const counted = Math.max(newest, this.counted)
    for (const message of beyond) {
      this.log.dropPending(message)
      if (message.seq > counted) this.#countUnseen(message)
    }
    if (inside.length) this.#show(inside)
    for (const message of messages) this.log.showInQuotes(message)
    this.counted = Math.max(this.counted, ...[...beyond, ...inside].map(({ seq }) => seq))
  }

  #show(messages) {
    const news = messages.filter(({ id }) => !this.log.find(id))
    const follows = this.scroll.stuck || news.some((message) => this.#isOwn(message))
    this.log.put(messages)
    this.pages.newest = Math.max(this.pages.newest, ...messages.map(({ seq }) => seq))
    if (follows) this.#follow()
    else {
      for (const message of news) this.#countUnseen(message)
      this.history.trimFarEnd()
    }
    this.see()
  }

  showPending({ detail }) {
    if (this.log.showPending(detail)) this.#follow()
  }

  discard({ detail }) {
    this.log.dropPending(detail)
  }

  showReceipts({ detail: { markers } }) {
    this.log.showReceipts(markers)
  }

  fold({ detail: { user_id } }) {
    this.log.fold(user_id)
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

  /** Report how far the reader has come, if the page is visible. */
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

  /** Show a sent message below the newest one, as soon as that can be loaded. */
  async followSent() {
    this.awaitsNewest = true
    await this.#toNewest()
    if (this.pages.hasNewer) this.scroll.toBottom() // where the sent message waits
    else this.awaitsNewest = false
  }

  connection({ detail: { state } }) {
    if (state === "ready" && this.awaitsNewest) this.followSent()
    this.see()
  }

  #follow() {
    if (!this.timeline.follow()) return
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
