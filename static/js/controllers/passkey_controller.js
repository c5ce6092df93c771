import { Controller } from "@hotwired/stimulus"
import { answerOf, optionsOf } from "helpers/passkeys.js"

/** A form that is sent with the answer of a passkey: a new one (`make`), or one that is there (`use`). */
export default class extends Controller {
  static targets = ["answer", "error"]
  static values = { challenge: String }

  connect() {
    this.element.hidden = !window.PublicKeyCredential
  }

  make(event) {
    this.#ask(event, (options) => navigator.credentials.create(options))
  }

  use(event) {
    this.#ask(event, (options) => navigator.credentials.get(options))
  }

  async #ask(event, call) {
    event.preventDefault()
    this.errorTarget.hidden = true
    try {
      this.answerTarget.value = answerOf(await call(optionsOf(await this.#challenge())))
    } catch (error) {
      this.#show(error)
      return
    }
    this.element.submit()
  }

  async #challenge() {
    const body = new FormData(this.element)
    const headers = { Accept: "application/json" }
    const response = await fetch(this.challengeValue, { method: "POST", body, headers })
    if (response.ok) return response.json()
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json")
    throw new Error(isJson ? (await response.json()).detail : "That didn’t work. Try again later.")
  }

  /** The browser's own errors don't help people; most of them mean "cancelled". */
  #show(error) {
    const isOurs = !(error instanceof DOMException)
    this.errorTarget.textContent = isOurs ? error.message : "No passkey was used."
    this.errorTarget.hidden = false
  }
}
