import { Controller } from "@hotwired/stimulus"
import { ApiError, api, isRetriable } from "helpers/api.js"
import { MessageLog } from "models/message_log.js"
import { read, showReaders, showSending, showTime } from "models/message_row.js"
import { Paginator } from "models/paginator.js"
import { people } from "models/people.js"
import { Scroll } from "models/scroll.js"

const MOST_ROWS = 400 // what is beyond is forgotten, and loaded again when it is scrolled to

/** The list of messages: live rows, history in both directions, read receipts, actions on rows. */
export default class extends Controller {
  static targets = [
    "log", "rows", "pending", "row", "older", "newer", "start", "down", "count",
    "template", "dayTemplate", "deleteDialog", "deleteError",
  ]
  static values = {
    url: String,
    page: String,
    userId: Number,
    marker: Number,
    oldest: Number,
    newest: Number,
    hasNewer: Boolean,
    at: String,
  }

  connect() {
    this.log = new MessageLog({
      element: this.rowsTarget,
      pending: this.pendingTarget,
      template: this.templateTarget,
      dayTemplate: this.dayTemplateTarget,
      userId: this.userIdValue,
    })
    this.pages = new Paginator({
      url: this.urlValue,
      oldest: this.oldestValue,
      newest: this.newestValue,
      hasNewer: this.hasNewerValue,
    })
    this.scroll = new Scroll(this.logTarget)
    this.markers = []
    this.unseen = 0
    for (const row of this.log.rows) showTime(row)
    this.log.arrangeAll()
    this.#start()
    this.#watch()
  }

  disconnect() {
    this.ends?.disconnect()
    this.sizes?.disconnect()
  }

  /** Begin at the message of the address, at the first unread one, or at the bottom. */
  #start() {
    const unread = this.rowsTarget.querySelector('[data-part="unread-divider"]')
    const row = this.atValue && this.log.find(this.atValue)
    if (row) this.#highlight(row)
    else if (this.pages.hasNewer) this.logTarget.scrollTop = 0
    else this.scroll.toBottom()
    if (!row && unread) unread.scrollIntoView({ block: "start" })
    this.scroll.note()
    this.#showDown()
  }

  #watch() {
    this.ends = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (isIntersecting) target === this.newerTarget ? this.loadNewer() : this.loadOlder()
        }
      },
      { root: this.logTarget, rootMargin: "600px 0px" },
    )
    this.ends.observe(this.olderTarget)
    this.ends.observe(this.newerTarget)
    this.sizes = new ResizeObserver(() => this.scroll.stuck && this.scroll.toBottom())
    this.sizes.observe(this.logTarget)
    this.sizes.observe(this.rowsTarget)
  }

  // Live

  apply({ detail: message }) {
    if (!this.pages.covers(message.seq)) {
      this.#dropPending(message)
      if (message.seq > this.pages.newest) this.#countUnseen(message)
      return
    }
    const isNew = !this.log.find(message.id)
    const follows = this.scroll.stuck || (isNew && message.sender_id === this.userIdValue)
    const row = this.log.put(message)
    this.pages.newest = Math.max(this.pages.newest, message.seq)
    showSending(row, null)
    this.#showReadersOf(row)
    if (message.deleted_at) this.#showQuotesDeleted(message.id)
    if (follows) this.#follow()
    else if (isNew) this.#countUnseen(message)
    this.see()
  }

  showPending({ detail: entry }) {
    const message = { ...entry, sender_id: this.userIdValue }
    const known = this.log.findPending(entry.client_id)
    const row = known ?? this.log.addPending(message)
    showSending(row, entry.state, entry.error)
    if (!known) this.#follow()
  }

  discard({ detail: { client_id } }) {
    this.log.findPending(client_id)?.remove()
  }

  showReceipts({ detail: { markers } }) {
    this.markers = markers
    for (const row of this.log.rows) this.#showReadersOf(row)
  }

  #showReadersOf(row) {
    if (Number(row.dataset.senderId) !== this.userIdValue) return
    const seq = Number(row.dataset.seq)
    const readers = this.markers.filter(([id, read]) => id !== this.userIdValue && read >= seq)
    showReaders(row, readers.map(([id]) => people.name(id)))
  }

  #showQuotesDeleted(id) {
    for (const quote of this.logTarget.querySelectorAll(`a[href$="#message-${id}"]`)) {
      quote.querySelector('[data-part="quote-content"]').textContent = "Message deleted"
    }
  }

  #dropPending({ client_id }) {
    if (client_id) this.log.findPending(client_id)?.remove()
  }

  rights({ detail: { canSend, canDelete } }) {
    this.logTarget.dataset.canSend = canSend
    this.logTarget.dataset.canDelete = canDelete
  }

  // Scrolling

  scrolled() {
    this.scroll.note()
    if (this.frame) return
    this.frame = requestAnimationFrame(() => {
      this.frame = null
      if (this.scroll.atBottom && !this.pages.hasNewer) this.unseen = 0
      this.#showDown()
      this.see()
    })
  }

  /** Tell how far the reader has come, if they can see it. */
  see() {
    if (document.hidden) return
    const row = this.scroll.lastVisible(this.log.rows)
    if (!row) return
    this.dispatch("seen", { detail: { id: row.dataset.id, seq: Number(row.dataset.seq) } })
  }

  toBottom(event) {
    if (this.pages.hasNewer) return
    event.preventDefault()
    this.#follow()
    this.dispatch("focus", { prefix: "chat", target: window })
  }

  #follow() {
    if (this.pages.hasNewer) return
    if (this.log.trim(MOST_ROWS, "top")) this.#forgot("older")
    this.scroll.toBottom()
    this.unseen = 0
    this.#showDown()
  }

  #countUnseen({ sender_id, edited_at, deleted_at }) {
    if (sender_id === this.userIdValue || edited_at || deleted_at) return
    this.unseen += 1
    this.#showDown()
  }

  #showDown() {
    this.downTarget.hidden = this.scroll.atBottom && !this.pages.hasNewer
    this.countTarget.hidden = !this.unseen
    this.countTarget.textContent = this.unseen
    this.downTarget.ariaLabel = this.unseen
      ? `To the newest message, ${this.unseen} new`
      : "To the newest message"
  }

  // History

  loadOlder() {
    return this.#load(() => this.pages.older(), this.log.rows[0], "bottom")
  }

  loadNewer() {
    return this.#load(() => this.pages.newer(), this.log.last, "top")
  }

  async #load(load, anchor, forget) {
    try {
      const messages = await load()
      if (!messages) return
      // A log announces what is added to it, but history is no news.
      this.logTarget.ariaBusy = "true"
      this.scroll.keep(anchor, () => this.#add(messages, forget))
      this.scroll.note()
      this.#showDown()
      requestAnimationFrame(() => (this.logTarget.ariaBusy = null))
    } catch (error) {
      if (error.signedOut) this.dispatch("signedOut")
      else if (!isRetriable(error)) throw error
    }
  }

  #add(messages, forget) {
    for (const message of messages) this.#showReadersOf(this.log.put(message))
    if (this.log.trim(MOST_ROWS, forget)) this.#forgot(forget === "top" ? "older" : "newer")
    this.#showEnds()
  }

  #forgot(end) {
    const rows = this.log.rows
    if (end === "older") this.pages.oldest = Number(rows[0].dataset.seq)
    else {
      this.pages.newest = Number(rows.at(-1).dataset.seq)
      this.pages.hasNewer = true
    }
    this.#showEnds()
  }

  /** Show a link at an end that has more, and watch it anew: it may still be in sight. */
  #showEnds() {
    this.olderTarget.hidden = !this.pages.hasOlder
    this.newerTarget.hidden = !this.pages.hasNewer
    this.startTarget.hidden = this.pages.hasOlder
    for (const end of [this.olderTarget, this.newerTarget]) {
      this.ends.unobserve(end)
      this.ends.observe(end)
    }
  }

  // Rows

  jump(event) {
    const id = event.currentTarget.hash.replace("#message-", "")
    const row = this.log.find(id)
    if (!row) return // the link leads to a page around that message
    event.preventDefault()
    this.#highlight(row)
    row.focus({ preventScroll: true })
  }

  #highlight(row) {
    this.scroll.show(row)
    row.classList.add("message--highlight")
    row.addEventListener("animationend", () => row.classList.remove("message--highlight"), {
      once: true,
    })
  }

  /** On a touch screen a tap shows a row's actions. */
  activate({ target }) {
    const row = target.closest(".message")
    if (target.closest("a, button")) return
    for (const other of this.rowsTarget.querySelectorAll(".message--active")) {
      if (other !== row) other.classList.remove("message--active")
    }
    row?.classList.toggle("message--active")
  }

  /** Arrow keys walk through the messages; Tab leads to the actions of one. */
  navigate(event) {
    const rows = this.log.rows
    const current = rows.indexOf(document.activeElement.closest(".message"))
    const to = {
      ArrowUp: current < 0 ? rows.length - 1 : Math.max(current - 1, 0),
      ArrowDown: current < 0 ? rows.length - 1 : Math.min(current + 1, rows.length - 1),
      Home: 0,
      End: rows.length - 1,
    }[event.key]
    if (event.key === "Escape") this.dispatch("focus", { prefix: "chat", target: window })
    if (to === undefined || !rows.length) return
    event.preventDefault()
    rows[to].focus()
  }

  reply({ target }) {
    this.dispatch("reply", { target: window, detail: read(target.closest(".message")) })
  }

  edit({ target }) {
    this.dispatch("edit", { target: window, detail: read(target.closest(".message")) })
  }

  editLast() {
    const own = this.log.rows.findLast((row) =>
      row.matches(".message--own:not(.message--deleted)"),
    )
    if (own) this.dispatch("edit", { target: window, detail: read(own) })
  }

  retry({ target }) {
    this.#tellPending("retry", target)
  }

  giveUp({ target }) {
    this.#tellPending("giveUp", target)
  }

  #tellPending(name, target) {
    const { clientId } = target.closest(".message").dataset
    this.dispatch(name, { target: window, detail: { client_id: clientId } })
  }

  askDelete({ target }) {
    this.doomed = target.closest(".message").dataset.id
    this.deleteErrorTarget.hidden = true
    this.deleteDialogTarget.showModal()
  }

  cancelDelete() {
    this.deleteDialogTarget.close()
  }

  async delete() {
    try {
      await api("DELETE", `${this.urlValue}/${this.doomed}`)
      this.deleteDialogTarget.close()
      this.dispatch("focus", { prefix: "chat", target: window })
    } catch (error) {
      this.deleteErrorTarget.textContent =
        error instanceof ApiError ? error.message : "Nobody answers. Are you online?"
      this.deleteErrorTarget.hidden = false
    }
  }
}
