import { Controller } from "@hotwired/stimulus"
import { api } from "helpers/api.js"
import { copy } from "helpers/clipboard.js"
import { threadOf } from "helpers/rows.js"
import { removePreview } from "models/link_previews.js"
import { LongPress } from "models/long_press.js"
import { unfold } from "models/long_texts.js"
import { MessageRows, read, readToEdit } from "models/message_row.js"
import { offerOfKey, offersOf } from "models/offers.js"

/** What one does with a message's row: focus it, open its menu, and what offers.js has. */
export default class extends Controller {
  static targets = ["log", "rows", "template"]
  static values = { userId: Number, page: String, url: String, admin: String } // admin: the address of the admin's list of messages

  connect() {
    this.messageRows = new MessageRows(this.templateTarget, this.userIdValue)
    for (const rows of this.rowsTargets) new LongPress(rows, (event) => this.#openSheet(event))
  }

  get rows() {
    return this.rowsTargets.flatMap((rows) => [...rows.querySelectorAll(":scope > .message")])
  }

  /** One listener for the buttons and links of all rows, by their `data-act`. */
  act(event) {
    const name = event.target.closest("[data-act]")?.dataset.act
    if (name) this.#do(name, event.target.closest(".message"), event)
    else this.#activate(event)
  }

  /** An item of the menu. */
  choose({ detail: { act, row } }) {
    this.#do(act, row)
  }

  #do(name, row, event) {
    if (this[name]) this[name](row, event)
    else this.#tell(name, name === "edit" ? readToEdit(row) : read(row))
  }

  /** Add the actions to a row that the pointer or the focus reaches. */
  offer({ target }) {
    const row = target.closest(".message")
    if (row) this.messageRows.offer(row)
  }

  /** On a touch screen a tap shows a row's actions. */
  #activate({ target }) {
    const row = target.closest(".message")
    if (target.closest("a, button, summary")) return
    if (row) this.messageRows.offer(row)
    for (const other of this.rows) {
      if (other !== row) other.classList.remove("message--active")
    }
    row?.classList.toggle("message--active")
  }

  // The menu

  /** A right click, the menu key, or a long press: with Shift, and on links, the browser has its own menu. */
  openMenu(event) {
    const row = event.target.closest(".message")
    const isBrowsers = event.shiftKey && event.button === 2
    if (!row || isBrowsers || event.target.closest("a:not([data-act]), img, video, audio")) return
    const isOpen = this.#openMenu(row, event.pointerType === "touch" ? null : pointOf(event, row))
    if (isOpen) event.preventDefault()
  }

  #openSheet({ target }) {
    const row = target.closest(".message")
    if (row && !target.closest("a, button, img, video, audio")) this.#openMenu(row, null)
  }

  more(row, { target, pointerType }) {
    const { left, top, bottom } = target.closest("button").getBoundingClientRect()
    this.#openMenu(row, pointerType === "touch" ? null : { x: left, y: bottom, above: bottom - top })
  }

  /** Returns whether anything is offered. */
  #openMenu(row, at) {
    const offers = this.#offersOf(row)
    if (offers.length) this.#tell("menu", { row, offers, at })
    return offers.length > 0
  }

  #offersOf(row) {
    const { canSend, canDelete, canPin } = this.logTarget.dataset
    return offersOf(row, {
      can_send_messages: canSend === "true",
      can_delete_other_messages: canDelete === "true",
      can_pin_messages: canPin === "true",
      moderates: this.hasAdminValue,
    })
  }

  // Keys

  /** Arrow keys move between messages; Tab moves to the actions of one; others do what it offers. */
  navigate(event) {
    const rows = this.rows
    const current = rows.indexOf(document.activeElement.closest(".message"))
    const to = {
      ArrowUp: current < 0 ? rows.length - 1 : Math.max(current - 1, 0),
      ArrowDown: current < 0 ? rows.length - 1 : Math.min(current + 1, rows.length - 1),
      Home: 0,
      End: rows.length - 1,
    }[event.key]
    const thread = threadOf(this.element)
    if (event.key === "Escape") this.dispatch("focus", { prefix: "chat", target: window, detail: { thread } })
    if (document.activeElement.matches(".message")) this.#press(event, document.activeElement)
    if (to === undefined || !rows.length) return
    event.preventDefault()
    rows[to].focus()
  }

  #press(event, row) {
    const offer = offerOfKey(this.#offersOf(row), event)
    if (offer) this.#do(offer.act, row)
    else if (event.key === "Enter") this.#openMenu(row, pointOf(event, row))
    else return
    event.preventDefault()
  }

  // What a row offers

  jump(row, event) {
    const id = event.target.closest("a").hash.slice("#message-".length)
    const target = this.rows.find(({ dataset }) => dataset.id === id)
    if (!target) return // the link opens a page around that message
    event.preventDefault()
    this.dispatch("show", { detail: { row: target } })
    target.focus({ preventScroll: true })
  }

  edit(row) {
    this.#tell("edit", readToEdit(row))
  }

  editLast({ detail: { thread } }) {
    if (thread !== threadOf(this.element)) return
    const own = this.rows.findLast((row) => row.matches(".message--own:not(.message--deleted)"))
    if (own) this.#tell("edit", readToEdit(own))
  }

  /** The link to a thread; with a key held the browser opens it elsewhere. */
  openThread(row, event) {
    if (event?.ctrlKey || event?.metaKey || event?.shiftKey) return
    event?.preventDefault()
    this.#tell("openThread", read(row))
  }

  copyText(row) {
    this.#copy(read(row).content)
  }

  copyLink({ dataset: { id } }) {
    this.#copy(new URL(`${this.pageValue}?at=${id}#message-${id}`, location).href)
  }

  async #copy(text) {
    this.#tell("note", { text: (await copy(text)) ? "Copied" : "Your browser doesn’t let this be copied." })
  }

  edits({ dataset: { id } }) {
    const url = `${this.pageValue}messages/${id}/edits/`
    this.dispatch("open", { prefix: "dialog-link", target: window, detail: { url } })
  }

  unfold(row) {
    unfold(row)
  }

  /** The admin's page of a message. */
  moderate({ dataset: { id } }) {
    open(`${this.adminValue}${id}/change/`, "_blank", "noopener")
  }

  askDelete(row) {
    this.#tell("delete", { id: row.dataset.id, row })
  }

  /** Ask the bot to write no more. */
  async stop(row, { target }) {
    const button = target.closest("button")
    button.disabled = true
    await api("POST", `${this.urlValue}/${row.dataset.id}/stop`).catch(() => (button.disabled = false))
  }

  removePreview(row, { target }) {
    removePreview(`${this.urlValue}/${row.dataset.id}`, target.closest("button"))
  }

  retry(row) {
    this.#tell("retry", { client_id: row.dataset.clientId, thread: threadOf(row) })
  }

  giveUp(row) {
    this.#tell("giveUp", { client_id: row.dataset.clientId, thread: threadOf(row) })
  }

  #tell(name, detail) {
    this.dispatch(name, { target: window, detail })
  }
}

/** Where a menu opens: at the pointer; by a key, at the row's bubble. */
function pointOf({ clientX, clientY, button }, row) {
  if (button === 2) return { x: clientX, y: clientY }
  const { left, bottom } = row.querySelector('[data-part="bubble"]').getBoundingClientRect()
  return { x: left, y: bottom }
}
