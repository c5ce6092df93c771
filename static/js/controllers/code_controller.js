import { Controller } from "@hotwired/stimulus"
import { copy } from "helpers/clipboard.js"

/** Copies code of messages. */
export default class extends Controller {
  async copy({ target }) {
    if (!target.closest("[data-code=copy]")) return
    const isCopied = await copy(target.closest(".code").querySelector("code").textContent)
    const text = isCopied ? "Copied" : "Your browser doesn’t let this be copied."
    this.dispatch("note", { prefix: "message-actions", target: window, detail: { text } })
  }
}
