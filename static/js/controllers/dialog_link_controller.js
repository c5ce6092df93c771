import { Controller } from "@hotwired/stimulus"

/** A link whose page opens in the dialog. */
export default class extends Controller {
  open(event) {
    const elsewhere = event.metaKey || event.ctrlKey || event.shiftKey || event.button
    if (elsewhere || !document.querySelector("#dialog")) return
    event.preventDefault()
    this.element.closest(".menu")?.removeAttribute("open")
    this.dispatch("open", { detail: { url: this.element.href } })
  }
}
