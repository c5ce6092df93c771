import { Controller } from "@hotwired/stimulus"

/** Makes a details element a menu: Escape, a click elsewhere and the focus elsewhere close it. */
export default class extends Controller {
  close() {
    if (!this.element.open) return
    this.element.open = false
    this.element.querySelector("summary").focus()
  }

  closeOutside({ target }) {
    if (!this.element.contains(target)) this.element.open = false
  }

  /** The focus moves to another element; null means another window, or nothing focusable. */
  leave({ relatedTarget }) {
    if (relatedTarget) this.closeOutside({ target: relatedTarget })
  }
}
