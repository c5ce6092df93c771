import { Controller } from "@hotwired/stimulus"
import { Outbox } from "models/outbox.js"

const ROUND = 30_000 // milliseconds

/** Sends what waits in the outboxes of all chats. */
export default class extends Controller {
  static values = { userId: Number }

  initialize() {
    this.stop = () => this.disconnect()
  }

  connect() {
    this.timer = setInterval(() => this.deliver(), ROUND)
    this.deliver()
  }

  disconnect() {
    clearInterval(this.timer)
    for (const outbox of this.#outboxes) outbox.close()
  }

  deliver() {
    for (const outbox of this.#outboxes) {
      outbox.addEventListener("signedOut", this.stop)
      outbox.flush()
    }
  }

  get #outboxes() {
    return Outbox.allOf(this.userIdValue)
  }
}
