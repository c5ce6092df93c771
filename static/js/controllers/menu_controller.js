import { Controller } from "@hotwired/stimulus"

/** A details element as a menu: Escape and a click elsewhere close it. */
export default class extends Controller {
  close() {
    if (!this.element.open) return
    this.element.open = false
    this.element.querySelector("summary").focus()
  }

  closeOutside({ target }) {
    if (!this.element.contains(target)) this.element.open = false
  }
}
