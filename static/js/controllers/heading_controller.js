import { Controller } from "@hotwired/stimulus"
import { paintAvatar } from "helpers/names.js"

/** The header of the open chat: its name, and a menu of what its user may do. */
export default class extends Controller {
  static targets = ["title", "avatar", "item"]
  static values = { chatId: String, otherId: Number } // the other person of a private chat

  rename({ detail: { name } }) {
    if (name !== null) this.#show(name, this.chatIdValue)
  }

  renamePerson({ detail: { user_id, name } }) {
    if (user_id === this.otherIdValue) this.#show(name, user_id)
  }

  #show(name, key) {
    if (name === this.titleTarget.textContent) return
    this.titleTarget.textContent = name
    paintAvatar(this.avatarTarget, name, key)
  }

  allow({ detail: rights }) {
    for (const item of this.itemTargets) item.hidden = !rights[item.dataset.right]
  }
}
