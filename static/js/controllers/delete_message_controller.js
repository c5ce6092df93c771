import { Controller } from "@hotwired/stimulus"
import { ApiError, api } from "helpers/api.js"

/** The dialog that asks before a message is deleted, and deletes it. */
export default class extends Controller {
  static targets = ["error"]
  static values = { url: String }

  ask({ detail: { id } }) {
    this.id = id
    this.errorTarget.hidden = true
    this.element.showModal()
  }

  cancel() {
    this.element.close()
  }

  async delete() {
    try {
      await api("DELETE", `${this.urlValue}/${this.id}`)
      if (!this.element.isConnected) return // another chat is shown
      this.element.close()
      this.dispatch("focus", { prefix: "chat", target: window })
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
