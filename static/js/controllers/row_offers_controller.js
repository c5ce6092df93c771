import { Controller } from "@hotwired/stimulus"
import { threadOf } from "helpers/rows.js"
import { LongPress } from "models/long_press.js"
import { offerOfKey, offersOf } from "models/offers.js"
import { RowParts } from "models/row_parts.js"
import { isSelecting } from "models/selecting.js"

/**
 * Where a message offers what can be done with it: buttons beside its row, a menu, and keys while the row has the focus.
 * `row-offers:choose` (detail: {act, row}) says what was chosen by a key, `row-offers:menu` what the menu has.
 */
export default class extends Controller {
  static targets = ["log", "rows", "template"]
  static values = { moderates: Boolean }

  connect() {
    this.parts = new RowParts(this.templateTarget)
    for (const rows of this.rowsTargets) new LongPress(rows, (event) => this.#openSheet(event))
  }

  get rows() {
    return this.rowsTargets.flatMap((rows) => [...rows.querySelectorAll(":scope > .message")])
  }

  /** What the user may do from now on. */
  allow({ detail: rights }) {
    this.logTarget.dataset.canSend = rights.can_send_messages
    this.logTarget.dataset.canDelete = rights.can_delete_other_messages
    this.logTarget.dataset.canPin = rights.can_pin_messages
  }

  #offersOf(row) {
    const { canSend, canDelete, canPin } = this.logTarget.dataset
    return offersOf(row, {
      can_send_messages: canSend === "true",
      can_delete_other_messages: canDelete === "true",
      can_pin_messages: canPin === "true",
      moderates: this.moderatesValue,
    })
  }

  // Buttons

  /** Add the buttons to a row that the pointer or the focus reaches. */
  offer({ target }) {
    const row = target.closest(".message")
    if (row) this.parts.give(row, "actions")
  }

  /** The button of the menu; elsewhere on a touch screen a tap shows a row's buttons. */
  press(event) {
    const { target } = event
    const button = target.closest("[data-offers]")
    if (button) this.#openBelow(button, event)
    else if (!target.closest("a, button, summary")) this.#activate(target.closest(".message"))
  }

  #activate(row) {
    if (isSelecting(row)) return
    if (row) this.parts.give(row, "actions")
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
    if (!row || isBrowsers || isSelecting(row) || event.target.closest("a:not([data-act]), img, video, audio")) return
    const isOpen = this.#openMenu(row, event.pointerType === "touch" ? null : pointOf(event, row))
    if (isOpen) event.preventDefault()
  }

  #openSheet({ target }) {
    const row = target.closest(".message")
    if (row && !isSelecting(row) && !target.closest("a, button, img, video, audio")) this.#openMenu(row, null)
  }

  #openBelow(button, { pointerType }) {
    const { left, top, bottom } = button.getBoundingClientRect()
    const at = pointerType === "touch" ? null : { x: left, y: bottom, above: bottom - top }
    this.#openMenu(button.closest(".message"), at)
  }

  /** Returns whether anything is offered. */
  #openMenu(row, at) {
    const offers = this.#offersOf(row)
    if (offers.length) this.dispatch("menu", { target: window, detail: { row, offers, at } })
    return offers.length > 0
  }

  // Keys

  /** Arrow keys move between messages; Tab moves to the buttons of one; others do what it offers. */
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
    if (document.activeElement.matches(".message")) this.#pressKey(event, document.activeElement)
    if (to === undefined || !rows.length) return
    event.preventDefault()
    rows[to].focus()
  }

  #pressKey(event, row) {
    const offer = offerOfKey(this.#offersOf(row), event)
    if (offer) this.dispatch("choose", { detail: { act: offer.act, row } })
    else if (event.key === "Enter") this.#openMenu(row, pointOf(event, row))
    else return
    event.preventDefault()
  }
}

/** Where a menu opens: at the pointer; by a key, at the row's bubble. */
function pointOf({ clientX, clientY, button }, row) {
  if (button === 2) return { x: clientX, y: clientY }
  const { left, bottom } = row.querySelector('[data-part="bubble"]').getBoundingClientRect()
  return { x: left, y: bottom }
}
