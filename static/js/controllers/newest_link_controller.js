import { Controller } from "@hotwired/stimulus"

/** The link to the newest message, with the number of unseen ones. */
export default class extends Controller {
  static targets = ["count"]

  show({ detail: { isAtNewest, unseen } }) {
    this.element.hidden = isAtNewest
    this.countTarget.hidden = !unseen
    this.countTarget.textContent = `${unseen} new`
    this.element.ariaLabel = unseen
      ? `To the newest message, ${unseen} new`
      : "To the newest message"
  }
}
