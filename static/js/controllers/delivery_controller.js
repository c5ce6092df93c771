import { Controller } from "@hotwired/stimulus"
import { Outbox } from "models/outbox.js"

const ROUND = 30_000 // milliseconds

/** Sends what waits in the outboxes of other chats; the open chat sends its own. */
export default class extends Controller {
  static values = { userId: Number, openChat: String }

  initialize() {
    this.outboxes = new Map()
  }

  connect() {
    this.timer = setInterval(() => this.deliver(), ROUND)
    this.deliver()
  }

  disconnect() {
    clearInterval(this.timer)
    for (const outbox of this.outboxes.values()) outbox.close()
  }

  deliver() {
    for (const chatId of Outbox.chatsOf(this.userIdValue)) {
      if (chatId !== this.openChatValue) this.#outboxOf(chatId).flush()
    }
  }

  #outboxOf(chatId) {
    if (!this.outboxes.has(chatId)) {
      const outbox = new Outbox(this.userIdValue, chatId)
      outbox.addEventListener("signedOut", () => this.disconnect())
      this.outboxes.set(chatId, outbox)
    }
    return this.outboxes.get(chatId)
  }
}
