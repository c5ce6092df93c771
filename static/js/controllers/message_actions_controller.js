import { Controller } from "@hotwired/stimulus"
import { MessageRows, read, showFullTime } from "models/message_row.js"

/** The actions on a message's row: focus it, reply, edit, delete, send again. */
export default class extends Controller {
  static targets = ["rows", "template"]
  static values = { userId: Number }

  connect() {
    this.messageRows = new MessageRows(this.templateTarget, this.userIdValue)
  }

  get rows() {
    return [...this.rowsTarget.querySelectorAll(":scope > .message")]
  }

  /** One listener for the buttons and links of all rows, by their `data-act`. */
  act(event) {
    const name = event.target.closest("[data-act]")?.dataset.act
    if (name) this[name](event)
    else this.#activate(event)
  }

  /** Add the actions to a row that the pointer or the focus reaches. */
  offer({ target }) {
    const row = target.closest(".message")
    if (!row) return
    this.messageRows.offer(row)
    if (target.closest("time")) showFullTime(row)
  }

  /** On a touch screen a tap shows a row's actions. */
  #activate({ target }) {
    const row = target.closest(".message")
    if (target.closest("a, button, summary")) return
    if (row) this.messageRows.offer(row)
    for (const other of this.rowsTarget.querySelectorAll(".message--active")) {
      if (other !== row) other.classList.remove("message--active")
    }
    row?.classList.toggle("message--active")
  }

  /** Arrow keys move between messages; Tab moves to the actions of one. */
  navigate(event) {
    const rows = this.rows
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

  jump(event) {
    const row = document.getElementById(event.target.closest("a").hash.slice(1))
    if (!row) return // the link opens a page around that message
    event.preventDefault()
    this.dispatch("show", { detail: { row } })
    row.focus({ preventScroll: true })
  }

  reply({ target }) {
    this.#tell("reply", read(target.closest(".message")))
  }

  edit({ target }) {
    this.#tell("edit", read(target.closest(".message")))
  }

  editLast() {
    const own = this.rows.findLast((row) => row.matches(".message--own:not(.message--deleted)"))
    if (own) this.#tell("edit", read(own))
  }

  askDelete({ target }) {
    this.#tell("delete", { id: target.closest(".message").dataset.id })
  }

  retry({ target }) {
    this.#tellPending("retry", target)
  }

  giveUp({ target }) {
    this.#tellPending("giveUp", target)
  }

  #tellPending(name, target) {
    this.#tell(name, { client_id: target.closest(".message").dataset.clientId })
  }

  #tell(name, detail) {
    this.dispatch(name, { target: window, detail })
  }
}
