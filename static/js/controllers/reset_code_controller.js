import { Controller } from "@hotwired/stimulus"

/** Puts the code after the # of the address, which no server sees, into its field. */
export default class extends Controller {
  static targets = ["field"]

  connect() {
    const code = decodeURIComponent(location.hash.slice(1))
    if (!code) return
    history.replaceState(null, "", location.pathname)
    this.fieldTarget.value = code
  }
}
