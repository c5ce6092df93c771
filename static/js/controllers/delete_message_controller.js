import { Controller } from "@hotwired/stimulus"
import { ApiError, api } from "helpers/api.js"
import { threadOf } from "helpers/rows.js"

/** The dialog that asks before a message is deleted, and deletes it. */
export default class extends Controller {
  static targets = ["error"]
  static values = { url: String }

  ask({ detail: { id, row } }) {
    this.id = id
    this.row = row
    this.isDeleted = false
    this.errorTarget.hidden = true
    this.element.showModal()
  }

  cancel() {
    this.element.close()
  }

  /** The button that asked is out of sight by now, so the browser can't give it the focus back. */
  closed() {
    if (this.row.isConnected && !this.isDeleted) this.row.focus()
    else this.dispatch("focus", { prefix: "chat", target: window, detail: { thread: threadOf(this.row) } })
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
