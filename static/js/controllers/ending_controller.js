import { Controller } from "@hotwired/stimulus"

const TEXTS = {
  signedOut: ["You are signed out.", "Sign in again to go on."],
  removed: ["You are no member of this chat any more.", "You left, or somebody removed you."],
  deleted: ["This chat was deleted.", "Its messages are gone."],
  gone: ["This chat is not here any more.", "It was deleted, or you are no member of it."],
}

/** Says why the open chat has ended, and where to go from here. */
export default class extends Controller {
  static targets = ["title", "text", "link"]

  show({ detail: { why } }) {
    const [title, text] = TEXTS[why]
    this.titleTarget.textContent = title
    this.textTarget.textContent = text
    if (why === "signedOut") {
      this.linkTarget.href = location.pathname + location.search // with a fragment a link only scrolls
      this.linkTarget.textContent = "Sign in"
    }
    this.element.hidden = false
  }
}
