import { Controller } from "@hotwired/stimulus"
import { nameOf } from "helpers/keys.js"
import { frequentEmoji } from "models/kept_emoji.js"
import { readReactions } from "models/reaction_chips.js"

const GAP = 8 // pixels to the edges of the window

/**
 * The menu of a message: at the pointer or below the button that opens it; on a touch screen a sheet at the bottom.
 * What is chosen becomes `row-menu:choose` (detail: {act, row}), an emoji `row-menu:react` (detail: {row, emoji}).
 */
export default class extends Controller {
  static targets = ["list", "item", "quick"]

  /** `offers` of offers.js; `at`: where ({x, y}), or null for a sheet. */
  open({ detail: { row, offers, at } }) {
    this.row = row
    this.opener = row.contains(document.activeElement) ? document.activeElement : row
    this.listTarget.replaceChildren(...offers.map((offer) => this.#item(offer)))
    if (offers.some(({ act }) => act === "react")) this.listTarget.prepend(this.#quick())
    this.element.classList.toggle("row-menu--sheet", !at)
    row.classList.add("message--active")
    this.element.showPopover()
    this.#place(at)
    this.#items[0].focus({ preventScroll: true })
  }

  /** Close, and give the focus back. */
  close() {
    if (!this.element.matches(":popover-open")) return
    this.element.hidePopover()
    this.opener.focus({ preventScroll: true }) // before its row is inactive: it would be hidden
    this.row.classList.remove("message--active")
  }

  /** A click on an item, or outside the menu. */
  choose({ target, type, pointerType }) {
    if (type === "contextmenu" && pointerType === "touch") return // of the press that opened it
    const { offer: act, emoji } = target.closest("[role^=menuitem]")?.dataset ?? {}
    if (act || emoji || !this.listTarget.contains(target)) this.close()
    if (emoji) this.dispatch("react", { target: window, detail: { row: this.row, emoji } })
    if (act) this.dispatch("choose", { detail: { act, row: this.row } })
  }

  key(event) {
    const items = this.#items
    const at = items.indexOf(document.activeElement)
    const to = {
      ArrowDown: (at + 1) % items.length,
      ArrowUp: (at - 1 + items.length) % items.length,
      ArrowRight: (at + 1) % items.length,
      ArrowLeft: (at - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    }[event.key]
    if (to !== undefined) items[to].focus()
    else if (event.key === "Escape" || event.key === "Tab") this.close()
    else if (!this.#press(event)) return
    event.preventDefault()
  }

  /** A key of an offer chooses it here, too. */
  #press({ key, ctrlKey, metaKey, altKey }) {
    if (ctrlKey || metaKey || altKey || ["Enter", " "].includes(key)) return false
    const item = this.#items.find(({ dataset }) => dataset.key.toLowerCase() === key.toLowerCase())
    item?.click()
    return Boolean(item)
  }

  get #items() {
    return [...this.listTarget.querySelectorAll("[role^=menuitem]")]
  }

  /** The emoji to react with at once. */
  #quick() {
    const group = this.quickTarget.content.firstElementChild.cloneNode(true)
    const { own } = readReactions(this.row)
    for (const [at, emoji] of frequentEmoji(group.children.length).entries()) {
      const item = group.children[at]
      item.textContent = item.dataset.emoji = emoji
      item.ariaChecked = own.has(emoji)
    }
    return group
  }

  #item({ act, label, icon, key, isDanger }) {
    const item = this.itemTarget.content.firstElementChild.cloneNode(true)
    item.dataset.offer = act
    item.dataset.key = key
    item.ariaKeyShortcuts = key || null
    item.classList.toggle("menu__item--danger", Boolean(isDanger))
    item.querySelector("use").setAttribute("href", `#icon-${icon}`)
    item.querySelector("span").textContent = label
    item.querySelector("kbd").textContent = nameOf(key)
    item.querySelector("kbd").hidden = !key
    return item
  }

  /** Within the window; above a point near its bottom. */
  #place(at) {
    const { style } = this.listTarget
    style.left = style.top = ""
    if (!at) return
    const { width, height } = this.listTarget.getBoundingClientRect()
    const below = at.y + height + GAP <= innerHeight ? at.y : at.y - height - (at.above ?? 0)
    style.left = `${Math.max(GAP, Math.min(at.x, innerWidth - width - GAP))}px`
    style.top = `${Math.max(GAP, below)}px`
  }
}
