import { Controller } from "@hotwired/stimulus"
import { placeAt } from "helpers/place.js"
import { focusOnly, rove } from "helpers/roving.js"
import { frequentEmoji } from "models/kept_emoji.js"
import { OwnReactions } from "models/own_reactions.js"
import { readReactions } from "models/reaction_chips.js"
import { WhoReacted } from "models/who_reacted.js"

const QUICK = 6 // emoji of the bar
const REST = 150 // milliseconds for which the pointer rests on a button that opens the bar
const GONE = 400 // milliseconds after which the bar closes that the pointer has left

/** The reactions of the rows: a click adds or takes away one's own; the bar to add another; who reacted. */
export default class extends Controller {
  static targets = ["bar", "who"]
  static values = { url: String, userId: Number }

  connect() {
    this.own = new OwnReactions(this.urlValue, {
      show: (change) => this.dispatch("changed", { target: window, detail: change }),
      stored: (message) => this.dispatch("stored", { detail: message }),
      failed: (error, text) => this.#failed(error, text),
    })
    this.who = new WhoReacted(this.whoTarget, this.urlValue, this.userIdValue)
  }

  disconnect() {
    clearTimeout(this.opening)
    clearTimeout(this.closing)
    this.who.hide()
  }

  // Chips

  press({ target, pointerType }) {
    const chip = target.closest(".reaction")
    if (!chip) return
    if (pointerType === "touch") this.who.show(chip)
    this.#toggle(chip.closest(".message"), chip.dataset.emoji)
  }

  over({ target, pointerType }) {
    if (pointerType === "touch") return
    const chip = target.closest(".reaction")
    if (chip) this.who.showSoon(chip)
    else this.who.hide()
    const opener = target.closest('[data-act="react"]')
    if (!opener) return this.#closeSoon()
    this.stay()
    this.opening = setTimeout(() => this.#openBar(opener), REST)
  }

  focused({ target }) {
    const chip = target.closest(".reaction")
    if (!chip) this.who.hide()
    else if (chip.matches(":focus-visible")) this.who.show(chip)
  }

  left() {
    this.who.hide()
    this.#closeSoon()
  }

  scrolled() {
    this.who.scrolled()
    this.#closeSoon()
  }

  // The bar

  /** `message-actions:react`: of a button, the menu, or a key. */
  open({ detail: { id } }) {
    const { activeElement } = document
    const focused = activeElement.closest(".message")
    const row = focused?.dataset.id === id ? focused : document.getElementById(`message-${id}`)
    this.#openBar(activeElement.matches('[data-act="react"]') ? activeElement : row)
    focusOnly(this.#buttons[0], this.#buttons)
  }

  #openBar(opener) {
    this.stay()
    const row = opener.closest(".message")
    this.row = row
    this.anchor = opener === row ? row.querySelector('[data-part="bubble"]') : opener
    const { own } = readReactions(row)
    for (const [at, emoji] of frequentEmoji(QUICK).entries()) {
      const button = this.#buttons[at]
      button.textContent = button.dataset.emoji = emoji
      button.ariaPressed = own.has(emoji)
    }
    for (const [at, button] of this.#buttons.entries()) button.tabIndex = at ? -1 : 0
    if (!this.barTarget.matches(":popover-open")) this.barTarget.showPopover()
    placeAt(this.barTarget, this.anchor)
  }

  /** The pointer is over the bar: it stays. */
  stay() {
    clearTimeout(this.opening)
    clearTimeout(this.closing)
    this.closing = null
  }

  /** The pointer is elsewhere. */
  #closeSoon() {
    clearTimeout(this.opening)
    if (!this.hasFocusInBar) this.closing ??= setTimeout(() => this.closeBar(), GONE)
  }

  key(event) {
    rove(event, this.#buttons)
  }

  pick({ target }) {
    const button = target.closest("button")
    if (!button) return
    const { row } = this
    const { emoji } = button.dataset
    this.closeBar()
    if (emoji) return this.#toggle(row, emoji)
    const choose = (chosen) => this.own.change(row.dataset.id, chosen, true)
    this.dispatch("open", { prefix: "emoji-picker", target: window, detail: { anchor: this.anchor, choose } })
  }

  closeBar() {
    this.stay()
    if (this.barTarget.matches(":popover-open")) this.barTarget.hidePopover()
  }

  get hasFocusInBar() {
    return this.barTarget.contains(document.activeElement)
  }

  get #buttons() {
    return [...this.barTarget.querySelectorAll("button")]
  }

  // Adding and taking away

  /** `row-menu:react`: an emoji of the menu. */
  react({ detail: { row, emoji } }) {
    this.#toggle(row, emoji)
  }

  #toggle(row, emoji) {
    this.own.change(row.dataset.id, emoji, !readReactions(row).own.has(emoji))
  }

  #failed(error, text) {
    if (error.signedOut) this.dispatch("signedOut")
    this.dispatch("note", { prefix: "message-actions", target: window, detail: { text } })
  }
}
