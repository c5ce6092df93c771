import { Controller } from "@hotwired/stimulus"

const SHOWN = 4000 // milliseconds

/** Says for a moment that something is done, as `Copied`. */
export default class extends Controller {
  disconnect() {
    clearTimeout(this.timer)
  }

  show({ detail: { text } }) {
    this.element.textContent = text
    clearTimeout(this.timer)
    this.timer = setTimeout(() => (this.element.textContent = ""), SHOWN)
  }
}
