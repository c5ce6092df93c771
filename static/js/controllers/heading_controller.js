import { Controller } from "@hotwired/stimulus"
import { paintAvatar } from "helpers/names.js"

/** The header of the open chat: its name, and a menu of what its user may do. */
export default class extends Controller {
  static targets = ["title", "avatar", "item"]
  static values = { chatId: String }

  rename({ detail: { name } }) {
    if (name === null || name === this.titleTarget.textContent) return
    this.titleTarget.textContent = name
    paintAvatar(this.avatarTarget, name, this.chatIdValue)
  }

  allow({ detail: rights }) {
    for (const item of this.itemTargets) item.hidden = !rights[item.dataset.right]
  }
}
