import { Controller } from "@hotwired/stimulus"

/** Takes the code of a mail from behind the # of the address, where no server sees it. */
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
