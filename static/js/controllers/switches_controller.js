import { Controller } from "@hotwired/stimulus"

/** A form of switches: each is saved as it is turned. */
export default class extends Controller {
  save() {
    this.element.requestSubmit()
  }
}
