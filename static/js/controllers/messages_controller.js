import { Controller } from "@hotwired/stimulus"
import { ApiError, api, isRetriable } from "helpers/api.js"
import { inNextFrame } from "helpers/frames.js"
import { MessageLog } from "models/message_log.js"
import { MessageRows, read, showFullTime, showQuoted, showReaders, showTime } from "models/message_row.js"
import { Paginator } from "models/paginator.js"
import { people } from "models/people.js"
import { Readers } from "models/readers.js"
import { Scroll } from "models/scroll.js"

const MOST_ROWS = 250 // what is beyond is forgotten, and loaded again when it is scrolled to
const MOST_ROWS_HELD = 400 // while the focus or a selection is among them
const AHEAD = 1200 // pixels from an end at which what follows is loaded
const MOST_AT_ONCE = 40 // messages that arrive in one frame; more wait for the next

/** The list of messages: live rows, history in both directions, read receipts, actions on rows. */
export default class extends Controller {
  static targets = [
    "log", "rows", "pending", "older", "newer", "start", "down", "count",
    "template", "dayTemplate", "deleteDialog", "deleteError",
  ]
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
    this.arriveSoon = inNextFrame(() => this.#arrive())
    this.lookSoon = inNextFrame(() => this.#look())
  }

  connect() {
    this.messageRows = new MessageRows(this.templateTarget, this.userIdValue)
    this.log = new MessageLog({
      element: this.rowsTarget,
      pending: this.pendingTarget,
      messageRows: this.messageRows,
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
    this.readers = new Readers()
    this.arrived = []
    this.early = []
    this.unseen = 0
    this.lastSeq = this.lastSeqValue
    for (const row of this.log.rows) showTime(row)
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
      { root: this.logTarget, rootMargin: `${AHEAD}px 0px` },
    )
    this.ends.observe(this.olderTarget)
    this.ends.observe(this.newerTarget)
    this.sizes = new ResizeObserver(() => this.scroll.stuck && this.scroll.toBottom())
    this.sizes.observe(this.logTarget)
    this.sizes.observe(this.rowsTarget)
  }

  // Live

  apply({ detail: message }) {
    this.arrived.push(message)
    this.arriveSoon()
  }

  /** Show what arrived since the last frame: one layout, however many messages. */
  #arrive() {
    const messages = this.arrived.splice(0, MOST_AT_ONCE)
    if (this.arrived.length) this.arriveSoon()
    // What is on its way may be older than these: they come again after it.
    if (this.pages.isLoading) this.early.push(...messages)
    const inside = messages.filter((message) => this.pages.covers(message.seq))
    this.#countBeyond(messages.filter((message) => !inside.includes(message)))
    if (inside.length) this.#show(inside)
    for (const message of messages) this.#showInQuotes(message)
  }

  #show(messages) {
    const news = messages.filter(({ id }) => !this.log.find(id))
    const follows = this.scroll.stuck || news.some((message) => this.#isOwn(message))
    this.#put(messages)
    this.pages.newest = Math.max(this.pages.newest, ...messages.map(({ seq }) => seq))
    this.#noNews(messages)
    if (follows) this.#follow()
    else {
      for (const message of news) this.#countUnseen(message)
      this.#trimFarEnd()
    }
    this.see()
  }

  #put(messages) {
    const rows = this.log.put(messages)
    for (const row of rows) {
      this.messageRows.showSending(row, null)
      this.#showReadersOf(row)
    }
  }

  /** What belongs beyond the ends isn't shown, unless it falls into a page that is on its way. */
  #countBeyond(messages) {
    if (this.pages.isLoading) return
    for (const message of messages) {
      this.#dropPending(message)
      if (message.seq > Math.max(this.pages.newest, this.lastSeq)) this.#countUnseen(message)
    }
    this.#noNews(messages)
  }

  /** What was counted once, or seen, may come again after a cut. */
  #noNews(messages) {
    this.lastSeq = Math.max(this.lastSeq, ...messages.map(({ seq }) => seq))
  }

  #applyEarly() {
    for (const message of this.early.splice(0)) this.apply({ detail: message })
  }

  showPending({ detail: entry }) {
    const message = { ...entry, sender_id: this.userIdValue }
    const known = this.log.findPending(entry.client_id)
    const row = known ?? this.log.addPending(message)
    this.messageRows.showSending(row, entry.state, entry.error)
    if (!known) this.#follow()
  }

  discard({ detail: { client_id } }) {
    this.log.findPending(client_id)?.remove()
  }

  showReceipts({ detail: { markers } }) {
    this.readers = new Readers(markers.filter(([id]) => id !== this.userIdValue))
    for (const row of this.log.rows) this.#showReadersOf(row)
  }

  #showReadersOf(row) {
    if (!row.matches(".message--own")) return
    const { count, ids } = this.readers.of(Number(row.dataset.seq))
    showReaders(row, count, ids.map((id) => people.name(id, "")).filter(Boolean))
  }

  /** A message that is quoted may have changed, be its own row here or not. */
  #showInQuotes(message) {
    if (!message.edited_at && !message.deleted_at) return
    const quotes = `[data-part="quote"][href$="#message-${message.id}"]`
    for (const quote of this.logTarget.querySelectorAll(quotes)) showQuoted(quote, message)
  }

  #dropPending({ client_id }) {
    if (client_id) this.log.findPending(client_id)?.remove()
  }

  #isOwn({ sender_id }) {
    return sender_id === this.userIdValue
  }

  rights({ detail: { canSend, canDelete } }) {
    this.logTarget.dataset.canSend = canSend
    this.logTarget.dataset.canDelete = canDelete
  }

  // Scrolling

  scrolled() {
    this.scroll.note()
    this.lookSoon()
  }

  #look() {
    if (this.scroll.atBottom && !this.pages.hasNewer) this.unseen = 0
    this.#showDown()
    this.see()
  }

  /** Tell how far the reader has come, if they can see it. */
  see() {
    if (document.hidden) return
    const row = this.scroll.lastVisible(this.log.rows)
    if (!row) return
    this.dispatch("seen", { detail: { id: row.dataset.id, seq: Number(row.dataset.seq) } })
  }

  async toBottom(event) {
    event.preventDefault()
    await this.#toNewest()
    this.dispatch("focus", { prefix: "chat", target: window })
  }

  async #toNewest() {
    if (this.pages.hasNewer) await this.#load(() => this.pages.newestPage(), null, null)
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
    this.#trim("top")
    this.scroll.toBottom()
    this.unseen = 0
    this.#showDown()
  }

  #countUnseen({ sender_id, edited_at, deleted_at }) {
    if (this.#isOwn({ sender_id }) || edited_at || deleted_at) return
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
    return this.#load(() => this.pages.older(), this.log.first, "bottom")
  }

  loadNewer() {
    return this.#load(() => this.pages.newer(), this.log.last, "top")
  }

  /** Add a page at an end and forget rows at the other, `forget`; without it, forget all others. */
  async #load(load, anchor, forget) {
    try {
      const messages = await load()
      if (!messages) return
      this.#quietly(() => {
        if (!forget) this.#restart()
        this.scroll.keep(anchor, () => this.#add(messages, forget))
      })
      this.scroll.note()
      this.#showDown()
    } catch (error) {
      if (error.signedOut) this.dispatch("signedOut")
      else if (!isRetriable(error)) throw error
    } finally {
      this.#applyEarly()
    }
  }

  /** A log announces what is added to it, but history is no news. */
  #quietly(change) {
    this.logTarget.ariaBusy = "true"
    try {
      change()
    } finally {
      requestAnimationFrame(() => (this.logTarget.ariaBusy = null))
    }
  }

  /** The newest page instead of all rows: also what a reload will show. */
  #restart() {
    this.log.clear()
    history.replaceState(null, "", this.pageValue)
  }

  #add(messages, forget) {
    this.#put(messages)
    if (forget) this.#trim(forget)
    this.#showEnds()
    this.#focusAgain()
  }

  /** The reader of something older isn't followed: so the list is bounded at its other end. */
  #trimFarEnd() {
    if (this.log.rows.length <= this.#mostRows) return
    const anchor = this.scroll.lastVisible(this.log.rows)
    this.scroll.keep(anchor, () => this.#trim(this.scroll.farEnd))
  }

  #trim(end) {
    const focused = this.rowsTarget.contains(document.activeElement) && document.activeElement
    if (!this.log.trim(this.#mostRows, end)) return
    this.#forgot(end === "top" ? "older" : "newer")
    if (!focused || focused.isConnected) return
    this.lostFocus = focused.closest(".message").dataset.id
    this.logTarget.focus({ preventScroll: true })
  }

  /** A row that had the focus when it was forgotten has it again. */
  #focusAgain() {
    const row = document.activeElement === this.logTarget && this.log.find(this.lostFocus)
    if (row) row.focus({ preventScroll: true })
  }

  get #mostRows() {
    const selection = getSelection()
    const isHeld = (node) => node && this.rowsTarget.contains(node)
    const selects = !selection.isCollapsed && isHeld(selection.anchorNode)
    return selects || isHeld(document.activeElement) ? MOST_ROWS_HELD : MOST_ROWS
  }

  #forgot(end) {
    if (end === "older") this.pages.oldest = Number(this.log.first.dataset.seq)
    else {
      this.pages.newest = Number(this.log.last.dataset.seq)
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

  /** One listener for the buttons and links of all rows, by their `data-act`. */
  act(event) {
    const name = event.target.closest("[data-act]")?.dataset.act
    if (name) this[name](event)
    else this.#activate(event)
  }

  /** A row that the pointer or the focus reaches shows what can be done with it. */
  offer({ target }) {
    const row = target.closest(".message")
    if (!row) return
    this.messageRows.offer(row)
    if (target.closest("time")) showFullTime(row)
  }

  jump(event) {
    const id = event.target.closest("a").hash.replace("#message-", "")
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
  #activate({ target }) {
    const row = target.closest(".message")
    if (target.closest("a, button")) return
    if (row) this.messageRows.offer(row)
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
      if (error.signedOut) {
        this.deleteDialogTarget.close()
        this.dispatch("signedOut")
      }
      this.deleteErrorTarget.textContent =
        error instanceof ApiError ? error.message : "Nobody answers. Are you online?"
      this.deleteErrorTarget.hidden = false
    }
  }
}
