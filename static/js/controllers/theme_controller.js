import { Controller } from "@hotwired/stimulus"

const YEAR = 365 * 24 * 60 * 60 // seconds

/** Sets the theme: light, dark or the system's; in a cookie, so that the server renders it. */
export default class extends Controller {
  static targets = ["choice"]

  connect() {
    const theme = document.documentElement.dataset.theme ?? ""
    for (const choice of this.choiceTargets) choice.checked = choice.value === theme
  }

  choose({ target: { value } }) {
    const secure = location.protocol === "https:" ? "; secure" : ""
    document.cookie = `theme=${value}; path=/; samesite=lax; max-age=${value ? YEAR : 0}${secure}`
    if (value) document.documentElement.dataset.theme = value
    else delete document.documentElement.dataset.theme
  }
}
