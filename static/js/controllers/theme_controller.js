import { Controller } from "@hotwired/stimulus"

const YEAR = 365 * 24 * 60 * 60 // seconds

/** Light, dark, or what the system has; by a cookie, so that pages come with it. */
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
