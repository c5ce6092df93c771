import { Controller } from "@hotwired/stimulus"
import { ApiError, api } from "helpers/api.js"

/** The dialog that asks before a message is deleted, and deletes it. */
export default class extends Controller {
  static targets = ["error"]
  static values = { url: String }

  ask({ detail: { id } }) {
    this.id = id
    this.isDeleted = false
    this.errorTarget.hidden = true
    this.element.showModal()
  }

  cancel() {
    this.element.close()
  }

  /** The button that asked is out of sight by now, so the browser can't give it the focus back. */
  closed() {
    const row = document.getElementById(`message-${this.id}`)
    if (row && !this.isDeleted) row.focus()
    else this.dispatch("focus", { prefix: "chat", target: window })
  }

  async delete() {
    try {
      await api("DELETE", `${this.urlValue}/${this.id}`)
      if (!this.element.isConnected) return // another chat is shown
      this.isDeleted = true
      this.element.close()
    } catch (error) {
      if (error.signedOut) {
        this.element.close()
        this.dispatch("signedOut")
      }
      this.errorTarget.textContent =
        error instanceof ApiError ? error.message : "Nobody answers. Are you online?"
      this.errorTarget.hidden = false
    }
  }
}
