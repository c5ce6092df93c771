import { Controller } from "@hotwired/stimulus"

const PARTIAL = "X-Partial" // chats/pages.py

/** Pages shown in a dialog: links and forms within stay in it until one leads elsewhere. */
export default class extends Controller {
  static targets = ["body"]

  open({ detail: { url } }) {
    return this.#show(url)
  }

  close() {
    this.element.close()
  }

  closed() {
    this.bodyTarget.replaceChildren()
    this.dispatch("closed", { target: window })
  }

  backdrop(event) {
    if (event.target === this.element) this.close()
  }

  submit(event) {
    if (event.defaultPrevented) return
    event.preventDefault()
    const { target: form, submitter } = event
    submitter?.setAttribute("disabled", "")
    return this.#show(form.action, { method: form.method, body: new FormData(form) }).finally(() =>
      submitter?.removeAttribute("disabled"),
    )
  }

  /** What the dialog shows may have changed: its page says by `data-refresh` where to look. */
  async refresh() {
    const url = this.bodyTarget.querySelector("[data-refresh]")?.dataset.refresh
    const query = this.bodyTarget.querySelector("input[type=search]")?.value
    if (!this.element.open || !url) return
    const response = await this.#fetch(query ? `${url}?q=${encodeURIComponent(query)}` : url)
    if (response.ok && this.element.open) this.#fill(await response.text())
  }

  async #show(url, options) {
    try {
      const response = await this.#fetch(url, options)
      if (response.headers.get(PARTIAL)) this.#fill(await response.text())
      else location.assign(response.url)
    } catch {
      this.#fill('<p class="form__errors" role="alert">Nobody answers. Are you online?</p>')
    }
    if (!this.element.open && this.bodyTarget.children.length) this.element.showModal()
  }

  #fetch(url, options = {}) {
    return fetch(url, { ...options, headers: { [PARTIAL]: "1" }, credentials: "same-origin" })
  }

  /** Show what the server made, with the focus, the text being typed, and what was unfolded. */
  #fill(html) {
    const body = this.bodyTarget
    const focused = body.contains(document.activeElement) && document.activeElement.id
    const typed = focused && document.activeElement.value
    const unfolded = [...body.querySelectorAll("details[open]")].map(({ id }) => id)
    body.innerHTML = html
    this.element.setAttribute("aria-labelledby", "dialog-title")
    for (const id of unfolded) body.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "")
    const field = focused && body.querySelector(`#${CSS.escape(focused)}`)
    if (field?.type === "search") field.value = typed
    const first = field || body.querySelector("[autofocus]")
    first?.focus()
  }
}
