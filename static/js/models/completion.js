import { isComposing } from "helpers/keys.js"
import { insertText } from "helpers/insert.js"

/**
 * Completes what is being written in a field: offers options in a listbox while the text before the
 * caret asks for some. The focus stays in the field (ARIA Authoring Practices, "List autocomplete").
 * A source of options has
 *   find(before): the end of the text before the caret that can be completed, or null
 *   options(part): what that can become, best first, as [{text, …}]; or a promise of it. One that is
 *     `isSure` replaces the part at once
 *   show(option, element): fills the element of an option
 *   chosen(option): takes note of one that was written; may be missing
 */
export class Completion {
  #field
  #list
  #status
  #sources
  #open = null // {source, part, options, index}
  #asked = 0
  #refused = null // the part whose list was closed

  /** `list`: an empty element with the role listbox and an id; `status`: one with that role. */
  constructor({ field, list, status }, sources) {
    this.#field = field
    this.#list = list
    this.#status = status
    this.#sources = sources
    field.setAttribute("aria-autocomplete", "list")
    list.addEventListener("pointerdown", (event) => event.preventDefault()) // the field keeps the focus
    list.addEventListener("click", ({ target }) => this.#click(target.closest("[role=option]")))
  }

  /** The text or the caret has changed. */
  async input() {
    const asked = ++this.#asked
    const found = this.#find()
    if (!found || found.part === this.#refused) return this.#hide(found ? this.#refused : null)
    const options = await found.source.options(found.part)
    if (asked !== this.#asked || this.#field !== document.activeElement) return
    if (options[0]?.isSure) this.#choose({ ...found, options, index: 0 })
    else if (options.length) this.#show({ ...found, options, index: 0 })
    else this.#hide()
  }

  /** Take a key that is meant for the list; returns whether it was. */
  key(event) {
    if (!this.#open || isComposing(event)) return false
    const { options, index, part } = this.#open
    const isPlain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey
    const takes = {
      ArrowDown: () => this.#move((index + 1) % options.length),
      ArrowUp: () => this.#move((index + options.length - 1) % options.length),
      Enter: () => this.#choose(this.#open),
      Tab: () => this.#choose(this.#open),
      Escape: () => this.#hide(part),
    }[event.key]
    if (!takes || !isPlain) return false
    event.preventDefault()
    takes()
    return true
  }

  /** Hide the options until the text changes. */
  close() {
    this.#asked += 1
    this.#hide()
  }

  #find() {
    const { value, selectionStart, selectionEnd } = this.#field
    if (selectionStart !== selectionEnd) return null
    const before = value.slice(0, selectionStart)
    for (const source of this.#sources) {
      const part = source.find(before)
      if (part !== null) return { source, part }
    }
    return null
  }

  #show(open) {
    this.#open = open
    this.#refused = null
    this.#list.replaceChildren(...open.options.map((option, index) => this.#element(option, index)))
    this.#list.hidden = false
    this.#field.setAttribute("aria-controls", this.#list.id)
    const count = open.options.length
    this.#status.textContent = `${count} suggestion${count === 1 ? "" : "s"}. Arrow keys choose, Enter takes one.`
    this.#move(0)
  }

  #element(option, index) {
    const element = document.createElement("li")
    element.id = `${this.#list.id}-${index}`
    element.className = "completion__option"
    element.setAttribute("role", "option")
    this.#open.source.show(option, element)
    return element
  }

  #move(to) {
    this.#open.index = to
    for (const [index, element] of [...this.#list.children].entries()) {
      element.setAttribute("aria-selected", index === to)
      if (index === to) element.scrollIntoView({ block: "nearest" })
    }
    this.#field.setAttribute("aria-activedescendant", `${this.#list.id}-${to}`)
  }

  #click(element) {
    if (!element || !this.#open) return
    this.#choose({ ...this.#open, index: [...this.#list.children].indexOf(element) })
  }

  /** Write an option in place of the part that it completes. */
  #choose({ source, part, options, index }) {
    const end = this.#field.selectionStart
    this.#hide()
    insertText(this.#field, options[index].text, end - part.length, end)
    source.chosen?.(options[index])
  }

  #hide(refused = null) {
    this.#refused = refused
    this.#open = null
    this.#list.hidden = true
    this.#list.replaceChildren()
    this.#status.textContent = ""
    for (const name of ["aria-activedescendant", "aria-controls"]) this.#field.removeAttribute(name)
  }
}
