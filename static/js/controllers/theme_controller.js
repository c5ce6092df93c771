import { Controller } from "@hotwired/stimulus"

/** Light, dark, or what the system has; js/theme.js applies the choice before the first paint. */
export default class extends Controller {
  static targets = ["choice"]

  connect() {
    const theme = localStorage.getItem("theme") ?? ""
    for (const choice of this.choiceTargets) choice.checked = choice.value === theme
  }

  choose({ target: { value } }) {
    if (value) {
      localStorage.setItem("theme", value)
      document.documentElement.dataset.theme = value
    } else {
      localStorage.removeItem("theme")
      delete document.documentElement.dataset.theme
    }
  }
}
