import { Controller } from "@hotwired/stimulus"
import { Completion } from "models/completion.js"
import { emojiNames } from "models/emoji_names.js"

/** Offers to complete what is being written in the composer. */
export default class extends Controller {
  static targets = ["field", "list", "status"]

  connect() {
    const { fieldTarget: field, listTarget: list, statusTarget: status } = this
    this.completion = new Completion({ field, list, status }, [emojiNames])
  }

  disconnect() {
    this.completion.close()
  }

  input() {
    this.completion.input()
  }

  /** Before the composer takes the key. */
  key(event) {
    if (this.completion.key(event)) event.stopImmediatePropagation()
  }

  /** The caret has moved, or the focus. */
  moved({ key }) {
    if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(key)) this.completion.input()
  }

  close() {
    this.completion.close()
  }
}
