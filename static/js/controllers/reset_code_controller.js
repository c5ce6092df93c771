import { Controller } from "@hotwired/stimulus"

/** Submits the code after the # of the address, which no server sees. */
export default class extends Controller {
  static targets = ["field"]

  connect() {
    const code = decodeURIComponent(location.hash.slice(1))
    if (!code) return
    history.replaceState(null, "", location.pathname)
    this.fieldTarget.value = code
    this.element.requestSubmit()
  }
}
