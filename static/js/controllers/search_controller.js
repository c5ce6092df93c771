import { Controller } from "@hotwired/stimulus"
import { fetchPart } from "helpers/parts.js"

const PAUSE = 200 // milliseconds after the last key

/** Searches while its user types: the same form and page as without scripts. */
export default class extends Controller {
  static targets = ["form", "results", "status"]
  static values = { url: String }

  soon() {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.now(), PAUSE)
  }

  disconnect() {
    clearTimeout(this.timer)
    this.request?.abort()
  }

  async now() {
    clearTimeout(this.timer)
    this.request?.abort()
    this.request = new AbortController()
    const query = new URLSearchParams(new FormData(this.formTarget))
    query.delete("csrfmiddlewaretoken")
    const html = await fetchPart("dialog", `${this.urlValue}?${query}`, { signal: this.request.signal })
      .then((response) => response.ok && response.text())
      .catch(() => null)
    if (html) this.#show(new DOMParser().parseFromString(html, "text/html"))
  }

  #show(page) {
    const found = page.querySelector("[data-search-target=results]")
    if (!found) return
    this.resultsTarget.replaceChildren(...found.childNodes)
    const people = this.resultsTarget.querySelectorAll(".person").length
    if (this.hasStatusTarget) this.statusTarget.textContent = `${people} found`
  }
}
