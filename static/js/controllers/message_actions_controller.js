import { Controller } from "@hotwired/stimulus"
import { api } from "helpers/api.js"
import { copy } from "helpers/clipboard.js"
import { threadOf } from "helpers/rows.js"
import { removePreviews } from "models/link_previews.js"
import { unfold } from "models/long_texts.js"
import { read, readToEdit } from "models/message_row.js"
import { selectText } from "models/selecting.js"

/** Does with a message what its row offers (offers.js), by its buttons and links, its menu or a key. */
export default class extends Controller {
  static targets = ["rows"]
  static values = { page: String, url: String, admin: String } // admin: the address of the admin's list of messages

  get rows() {
    return this.rowsTargets.flatMap((rows) => [...rows.querySelectorAll(":scope > .message")])
  }

  /** One listener for the buttons and links of all rows, by their `data-act`. */
  act(event) {
    const name = event.target.closest("[data-act]")?.dataset.act
    if (name) this.#do(name, event.target.closest(".message"), event)
  }

  /** An item of the menu, or a key. */
  choose({ detail: { act, row } }) {
    this.#do(act, row)
  }

  #do(name, row, event) {
    if (this[name]) this[name](row, event)
    else this.#tell(name, name === "edit" ? readToEdit(row) : read(row))
  }

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

  edits(row) {
    this.#openDialog(row, "edits")
  }

  reactions(row) {
    this.#openDialog(row, "reactions")
  }

  #openDialog({ dataset: { id } }, name) {
    const url = `${this.pageValue}messages/${id}/${name}/`
    this.dispatch("open", { prefix: "dialog-link", target: window, detail: { url } })
  }

  selectText(row) {
    selectText(row)
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

  /** One, by its button; all, by the menu or a key. */
  removePreview(row, event) {
    const buttons = event ? [event.target.closest("button")] : row.querySelectorAll('[data-act="removePreview"]')
    removePreviews(`${this.urlValue}/${row.dataset.id}`, buttons)
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
