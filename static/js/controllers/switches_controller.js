import { Controller } from "@hotwired/stimulus"

/** A form of switches: saved whenever one is switched. */
export default class extends Controller {
  save() {
    this.element.requestSubmit()
  }
}
