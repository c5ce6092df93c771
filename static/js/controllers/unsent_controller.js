import { Controller } from "@hotwired/stimulus"
import { Outbox } from "models/outbox.js"
import { OutboxStore } from "models/outbox_store.js"

/** Messages that couldn't be sent, of all chats but the open one, whose rows say so themselves. */
export default class extends Controller {
  static targets = ["list", "template"]
  static values = { userId: Number }

  connect() {
    this.show()
  }

  /** The list of failed messages may have changed: here, in another tab, or by opening another chat. */
  show() {
    const isOpen = ({ chat_id }) => location.pathname.startsWith(`/chats/${chat_id}/`)
    const failed = OutboxStore.failedOf(this.userIdValue).filter((entry) => !isOpen(entry))
    this.listTarget.replaceChildren(...failed.map((entry) => this.#item(entry)))
    this.element.hidden = failed.length === 0
  }

  discard({ currentTarget }) {
    const { chatId, clientId } = currentTarget.closest("li").dataset
    Outbox.of(this.userIdValue, chatId).drop(clientId)
  }

  async copy({ currentTarget }) {
    const text = currentTarget.closest("li").querySelector("[data-part=text]").textContent
    await navigator.clipboard.writeText(text)
    currentTarget.textContent = "Copied"
  }

  #item({ chat_id, client_id, title, content, error, isGone }) {
    const item = this.templateTarget.content.firstElementChild.cloneNode(true)
    const part = (name) => item.querySelector(`[data-part=${name}]`)
    Object.assign(item.dataset, { chatId: chat_id, clientId: client_id })
    part("title").textContent = title ?? "a chat"
    part("error").textContent = error
    part("text").textContent = content
    part("chat").href = `/chats/${chat_id}/`
    part("chat").hidden = Boolean(isGone)
    part("copy").hidden = !navigator.clipboard // only where the connection is safe
    return item
  }
}
