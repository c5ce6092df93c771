import { Controller } from "@hotwired/stimulus"

/** Makes a details element a menu: Escape and a click elsewhere close it. */
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
