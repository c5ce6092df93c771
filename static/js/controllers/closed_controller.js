import { Controller } from "@hotwired/stimulus"
import { api } from "helpers/api.js"

/** Says why nobody may write in a private chat any more: a block, or an account that has ended. */
export default class extends Controller {
  static targets = ["closed", "open"]
  static values = { url: String }

  async look({ detail: { can_send_messages } }) {
    if (can_send_messages) return
    const chat = await api("GET", this.urlValue).catch(() => null)
    if (!chat) return
    this.closedTarget.hidden = !chat.closed
    this.openTarget.hidden = chat.closed
  }
}
