import { Controller } from "@hotwired/stimulus"
import { ApiError, api } from "helpers/api.js"

/** The offers of a message that are a single API request; says what went wrong. */
export default class extends Controller {
  static values = { url: String }

  pin({ detail: { id } }) {
    return this.#ask("POST", `messages/${id}/pin`)
  }

  unpin({ detail: { id } }) {
    return this.#ask("DELETE", `messages/${id}/pin`)
  }

  unread({ detail: { id } }) {
    return this.#ask("POST", "unread", { message_id: id }, "Unread from here")
  }

  async #ask(method, path, data, done) {
    try {
      await api(method, `${this.urlValue}/${path}`, data)
      if (done) this.#say(done)
    } catch (error) {
      if (error.signedOut) this.dispatch("signedOut")
      this.#say(error instanceof ApiError ? error.message : "Nobody answers. Are you online?")
    }
  }

  #say(text) {
    this.dispatch("note", { prefix: "message-actions", target: window, detail: { text } })
  }
}
