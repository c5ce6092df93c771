import { Controller } from "@hotwired/stimulus"
import { ApiError, api } from "helpers/api.js"
import { isBlank } from "helpers/text.js"
import { showContent } from "models/content.js"

const PAUSE = 500 // milliseconds without a key, after which it is rendered anew

/** Shows above the composer what a message will look like, as the server renders it. */
export default class extends Controller {
  static targets = ["field", "box", "content", "toggle", "status"]
  static values = { url: String }

  disconnect() {
    clearTimeout(this.timer)
  }

  toggle() {
    const isOpen = this.boxTarget.hidden
    this.boxTarget.hidden = !isOpen
    this.toggleTarget.ariaPressed = isOpen
    if (isOpen) this.#render()
    this.fieldTarget.focus({ preventScroll: true })
  }

  /** The message is sent, or the edit saved. */
  close() {
    if (!this.boxTarget.hidden) this.toggle()
  }

  /** The text has changed, or is that of an edit. */
  renew() {
    if (this.boxTarget.hidden) return
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.#render(), PAUSE)
  }

  async #render() {
    const content = this.fieldTarget.value
    if (isBlank(content)) return this.#show({ content: "", html: null }, "Nothing to show yet.")
    try {
      const { html } = await api("POST", this.urlValue, { content })
      if (this.fieldTarget.value === content) this.#show({ content, html })
    } catch (error) {
      this.#show({ content, html: null }, error instanceof ApiError ? error.message : "Nobody answers.")
    }
  }

  #show(message, status = "") {
    showContent(this.contentTarget, message)
    this.statusTarget.textContent = status
  }
}
