import { Controller } from "@hotwired/stimulus"
import { inNextFrame } from "helpers/frames.js"
import { placeAt } from "helpers/place.js"
import { focusOnly, rove } from "helpers/roving.js"
import { isTouchOnly } from "helpers/touch.js"
import { allEmoji } from "models/emoji.js"
import { EmojiGrid } from "models/emoji_grid.js"
import { chooseTone, keptEmoji } from "models/kept_emoji.js"

const LATELY = "Lately used"
const SHEET = matchMedia("(width < 48rem)") // at the bottom of the window: emoji-picker.css

/**
 * The picker of emoji, of which a page has one: `emoji-picker:open` (detail: {anchor, choose}) opens it at an
 * element, and `choose` is called with what is picked.
 */
export default class extends Controller {
  static targets = ["search", "tone", "groups", "grid", "status", "shown", "failure"]

  initialize() {
    this.markSoon = inNextFrame(() => this.#mark())
  }

  connect() {
    this.grid = new EmojiGrid(this.gridTarget)
  }

  async open({ detail: { anchor, choose } }) {
    this.choose = choose
    this.anchor = anchor
    this.searchTarget.value = ""
    this.failureTarget.hidden = true
    const { tone } = keptEmoji()
    for (const radio of this.toneTargets) radio.checked = Number(radio.value) === tone
    this.element.showPopover()
    this.#place()
    ;(isTouchOnly() ? this.element : this.searchTarget).focus({ preventScroll: true })
    await this.#load()
    this.#place()
  }

  async #load() {
    try {
      this.all = await allEmoji()
    } catch {
      this.failureTarget.hidden = false
      return
    }
    this.#showGroups()
    this.#show()
  }

  again() {
    this.failureTarget.hidden = true
    this.#load()
  }

  #place() {
    this.element.style.left = this.element.style.top = ""
    if (!SHEET.matches) placeAt(this.element, this.anchor)
  }

  close() {
    if (this.element.matches(":popover-open")) this.element.hidePopover()
  }

  // What is shown

  search() {
    this.#show()
    const count = this.searchTarget.value.trim() ? this.grid.cells.length : null
    this.statusTarget.textContent = count === null ? "" : `${count || "No"} emoji`
  }

  /** Another skin tone. */
  tone({ target }) {
    chooseTone(Number(target.value))
    this.#show()
  }

  #show() {
    const text = this.searchTarget.value.trim()
    const found = text ? [{ name: "Found", emoji: this.all.search(text) }] : this.#everything
    this.grid.show(found.filter(({ emoji }) => emoji.length), keptEmoji().tone)
    this.groupsTarget.hidden = Boolean(text)
    this.#tell(null)
    this.#mark()
  }

  /** The lately used in the tone in which they were used, and all groups. */
  get #everything() {
    const lately = keptEmoji().recent.map((form) => ({ name: this.all.of(form)?.name ?? form, in: () => form }))
    return [{ name: LATELY, emoji: lately }, ...this.all.groups]
  }

  // The groups

  #showGroups() {
    if (this.groupsTarget.children.length) return
    const groups = [{ name: LATELY, sign: "🕘" }, ...this.all.groups.map(({ name, emoji }) => ({ name, sign: emoji[0].emoji }))]
    this.groupsTarget.append(...groups.map((group, at) => this.#groupButton(group, at)))
  }

  #groupButton({ name, sign }, at) {
    const button = document.createElement("button")
    Object.assign(button, { type: "button", className: "emoji-picker__go", title: name, ariaLabel: name })
    button.textContent = sign
    button.tabIndex = at ? -1 : 0
    return button
  }

  go({ target }) {
    const button = target.closest("button")
    if (!button) return
    this.grid.scrollTo(button.ariaLabel)
    focusOnly(button, [...this.groupsTarget.children])
    this.markSoon()
  }

  roveGroups(event) {
    rove(event, [...this.groupsTarget.children])
  }

  /** Mark the group that is in sight. */
  scrolled() {
    this.markSoon()
  }

  #mark() {
    const { shown } = this.grid
    for (const button of this.groupsTarget.children) button.ariaCurrent = button.ariaLabel === shown ? "true" : null
  }

  // Picking

  searchKey(event) {
    const [first] = this.grid.cells
    if (!first || event.isComposing || !["ArrowDown", "Enter"].includes(event.key)) return
    event.preventDefault()
    if (event.key === "Enter") this.#pick(first)
    else this.grid.focus(first)
  }

  gridKey(event) {
    const { key, ctrlKey, metaKey } = event
    const isMoved = this.grid.move(event)
    if (isMoved === null) this.searchTarget.focus()
    else if (["Enter", " "].includes(key)) this.#pick(event.target)
    else if (!isMoved) {
      if (key.length === 1 && !ctrlKey && !metaKey) this.searchTarget.focus() // which takes the letter
      return
    }
    event.preventDefault()
  }

  pick({ target }) {
    const cell = target.closest("[data-emoji]")
    if (cell) this.#pick(cell)
  }

  #pick({ dataset: { emoji } }) {
    this.close()
    this.choose(emoji)
  }

  /** Tell what the pointer or the focus is at. */
  preview({ target }) {
    this.#tell(target.closest("[data-emoji]"))
  }

  #tell(cell) {
    const one = cell && this.all.of(cell.dataset.emoji)
    this.shownTarget.textContent = one ? `${cell.dataset.emoji} :${one.names[0]}:` : ""
  }
}
