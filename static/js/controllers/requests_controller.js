import { Controller } from "@hotwired/stimulus"
import { ApiError, api } from "helpers/api.js"

/** What a message offers and the API does at once; says what went wrong. */
export default class extends Controller {
  static values = { url: String }

  pin({ detail: { id } }) {
    return this.#ask("POST", `${id}/pin`)
  }

  unpin({ detail: { id } }) {
    return this.#ask("DELETE", `${id}/pin`)
  }

  async #ask(method, path) {
    try {
      await api(method, `${this.urlValue}/messages/${path}`)
    } catch (error) {
      if (error.signedOut) this.dispatch("signedOut")
      const text = error instanceof ApiError ? error.message : "Nobody answers. Are you online?"
      this.dispatch("note", { prefix: "message-actions", target: window, detail: { text } })
    }
  }
}
