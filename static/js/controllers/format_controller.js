import { Controller } from "@hotwired/stimulus"
import { insertText } from "helpers/insert.js"
import { fence, looksLikeCode, mark } from "models/marks.js"

const KEYS = { b: "bold", i: "italic", "shift+x": "code" }

/** Marks what is selected in the composer: by keys, and by a bar of buttons. Offers a fence for pasted code. */
export default class extends Controller {
  static targets = ["field", "bar", "toggle", "offer"]

  connect() {
    this.toggleTarget.hidden = false
  }

  key(event) {
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event
    if (altKey || !(ctrlKey || metaKey)) return
    const kind = KEYS[(shiftKey ? "shift+" : "") + key.toLowerCase()]
    if (!kind) return
    event.preventDefault()
    this.#put(mark(kind, ...this.#selected))
  }

  apply({ params: { kind } }) {
    this.#put(mark(kind, ...this.#selected))
  }

  get #selected() {
    const { value, selectionStart, selectionEnd } = this.fieldTarget
    return [value, selectionStart, selectionEnd]
  }

  #put({ from, to, text, start, end }) {
    insertText(this.fieldTarget, text, from, to)
    this.fieldTarget.setSelectionRange(start, end)
  }

  toggle() {
    const isOpen = this.barTarget.hidden
    this.barTarget.hidden = !isOpen
    this.toggleTarget.ariaExpanded = isOpen
  }

  // Pasted code

  pasted({ clipboardData }) {
    const text = clipboardData?.getData("text/plain").replace(/\r\n?/g, "\n") ?? ""
    const { value, selectionStart: start } = this.fieldTarget
    const isInFence = (value.slice(0, start).match(/^ {0,3}```/gm) ?? []).length % 2 === 1
    if (isInFence || !looksLikeCode(text)) return
    // The text is in the field by the next task.
    setTimeout(() => {
      this.latest = { start, text }
      this.offerTarget.hidden = false
    })
  }

  takeOffer() {
    const { start, text } = this.latest
    const { value } = this.fieldTarget
    if (value.startsWith(text, start)) this.#put(fence(value, start, start + text.length))
    this.dismiss()
    this.fieldTarget.focus()
  }

  dismiss() {
    this.offerTarget.hidden = true
  }

  /** Something else is written: the offer is over, unless it is the paste itself. */
  written({ inputType }) {
    if (inputType !== "insertFromPaste") this.dismiss()
  }
}
