import { Controller } from "@hotwired/stimulus"
import { listen } from "helpers/listen.js"
import { ENDED, Outbox } from "models/outbox.js"

/** The outbox of the open chat: sends what waits, and tells what becomes of it. */
export default class extends Controller {
  static values = { chatId: String, userId: Number }

  connect() {
    this.outbox = Outbox.of(this.userIdValue, this.chatIdValue)
    this.unlisten = listen(this.outbox, {
      changed: (entry) => this.#pending(entry),
      stored: () => this.#stored(),
      slowed: () => this.dispatch("slowed"),
      signedOut: () => this.dispatch("signedOut"),
    })
    // The other controllers are connected by the next task.
    setTimeout(() => this.element.isConnected && this.#resume())
  }

  /** Another chat is shown: the outbox goes on without this page. */
  disconnect() {
    this.unlisten()
  }

  #resume() {
    for (const entry of this.outbox.entries) this.#pending(entry)
    this.outbox.flush()
  }

  #pending(entry) {
    this.dispatch("pending", { target: window, detail: { ...entry } })
  }

  /** live_chat.js takes the message. */
  #stored() {
    if (this.outbox.entries.every((entry) => entry.state === "failed")) this.dispatch("emptied")
  }

  /** The socket has brought a message: one's own may still wait here. */
  confirm({ detail: { client_id, sender_id } }) {
    if (client_id && sender_id === this.userIdValue) this.outbox.drop(client_id)
  }

  connection({ detail: { state } }) {
    if (state === "ready") this.outbox.flush()
  }

  retry({ detail: { client_id } }) {
    this.outbox.retry(client_id)
  }

  giveUp({ detail }) {
    this.outbox.drop(detail.client_id)
    this.dispatch("discarded", { target: window, detail })
  }

  end({ detail: { why } }) {
    this.outbox.close()
    if (why !== "signedOut") this.outbox.refuse(ENDED)
  }
}
