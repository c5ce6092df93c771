import { Controller } from "@hotwired/stimulus"

/** Opens whom a message mentions in the dialog: their entry among the members. */
export default class extends Controller {
  open(event) {
    const link = event.target.closest("a.mention")
    const elsewhere = event.metaKey || event.ctrlKey || event.shiftKey || event.button
    if (!link || elsewhere) return
    event.preventDefault()
    this.dispatch("open", { prefix: "dialog-link", target: window, detail: { url: link.href } })
  }
}
