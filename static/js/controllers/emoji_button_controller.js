import { Controller } from "@hotwired/stimulus"
import { insertText } from "helpers/insert.js"
import { usedEmoji } from "models/kept_emoji.js"

/** The button of the composer that opens the picker of emoji, and writes what is picked. */
export default class extends Controller {
  static targets = ["field"]

  open({ currentTarget: anchor }) {
    const { selectionStart: start, selectionEnd: end } = this.fieldTarget
    const choose = (emoji) => {
      insertText(this.fieldTarget, emoji, start, end)
      usedEmoji(emoji)
    }
    this.dispatch("open", { prefix: "emoji-picker", target: window, detail: { anchor, choose } })
  }
}
