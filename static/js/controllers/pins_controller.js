import { Controller } from "@hotwired/stimulus"
import { plural } from "helpers/names.js"

/** The link to the pinned messages, with their number; hidden where there are none. */
export default class extends Controller {
  static targets = ["count"]

  show({ detail: { pin_count: count } }) {
    this.element.hidden = count === 0
    this.countTarget.textContent = count
    this.element.ariaLabel = plural(count, "pinned message")
  }
}
