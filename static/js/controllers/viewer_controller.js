import { Controller } from "@hotwired/stimulus"
import { shown } from "helpers/text.js"

/** Shows the images of the chat one by one in a dialog: arrow keys go on, Escape closes it. */
export default class extends Controller {
  static targets = ["image", "caption", "place", "link", "previous", "next"]

  /** A click on an image in a row; one with a modifier key is left to the browser. */
  open(event) {
    const link = event.target.closest?.("a.file--image")
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return
    event.preventDefault()
    if (link.dataset.state !== "ready") return
    const log = link.closest(".log")
    const isShown = (one) => one.getClientRects().length // not in a message that is folded
    this.links = [...log.querySelectorAll('a.file--image[data-state="ready"]')].filter(isShown)
    this.opener = link
    this.#show(this.links.indexOf(link))
    this.element.showModal()
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    const to = { Home: 0, End: this.links.length - 1 }[event.key] ?? (step && this.at + step)
    if (to === undefined) return
    event.preventDefault()
    this.#show(to)
  }

  previous() {
    this.#show(this.at - 1)
  }

  next() {
    this.#show(this.at + 1)
  }

  /** A click outside the image closes it. */
  backdrop({ target }) {
    if (target === this.element || target.matches(".viewer__stage")) this.close()
  }

  close() {
    this.element.close()
  }

  closed() {
    this.imageTarget.removeAttribute("src")
    this.opener?.focus()
  }

  #show(at) {
    if (at < 0 || at >= this.links.length) return
    this.at = at
    const link = this.links[at]
    const { alt } = link.querySelector("img")
    this.imageTarget.src = link.href
    this.imageTarget.alt = alt
    this.captionTarget.textContent = shown(alt)
    this.placeTarget.textContent = this.links.length > 1 ? `${at + 1} of ${this.links.length}` : ""
    this.linkTarget.href = link.href
    this.linkTarget.download = link.dataset.name
    this.previousTarget.disabled = at === 0
    this.nextTarget.disabled = at === this.links.length - 1
  }
}
