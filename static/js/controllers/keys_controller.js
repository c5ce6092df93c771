import { Controller } from "@hotwired/stimulus"
import { nameOf } from "helpers/keys.js"
import { OFFERS } from "models/offers.js"

/** The dialog that says which keys do what with a message. */
export default class extends Controller {
  static targets = ["offers", "line"]

  connect() {
    this.offersTarget.replaceChildren(...OFFERS.filter(({ key }) => key).map((offer) => this.#line(offer)))
  }

  show() {
    this.element.showModal()
  }

  close() {
    this.element.close()
  }

  #line({ key, label }) {
    const line = this.lineTarget.content.firstElementChild.cloneNode(true)
    line.querySelector("kbd").textContent = nameOf(key)
    line.querySelector("dd").textContent = label
    return line
  }
}
