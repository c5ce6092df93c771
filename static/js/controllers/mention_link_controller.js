import { Controller } from "@hotwired/stimulus"
import { api } from "helpers/api.js"

/** The link to the first unread message of the open chat that mentions the user. */
export default class extends Controller {
  static values = { chatId: String, page: String }

  /** `seqs`: the numbers of those messages. */
  show({ detail: { id, seqs } }) {
    if (id !== this.chatIdValue) return
    this.first = Math.min(...seqs)
    this.element.hidden = !seqs.length
  }

  async jump(event) {
    event.preventDefault()
    const row = document.querySelector(`.log .message[data-seq="${this.first}"]`)
    if (row) this.dispatch("show", { prefix: "message-actions", detail: { row } })
    else await this.#visit()
  }

  /** Show the part of the history that it is in. */
  async #visit() {
    const query = `after=${this.first - 1}&ordering=created_at&limit=1`
    const found = await api("GET", `/api/v1/chats/${this.chatIdValue}/messages?${query}`).catch(() => null)
    const id = found?.results[0]?.id
    if (!id || !this.element.isConnected) return
    const url = new URL(`${this.pageValue}?at=${id}#message-${id}`, location.href).href
    this.dispatch("visit", { prefix: "pane", target: window, detail: { url } })
  }
}
