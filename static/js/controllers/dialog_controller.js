import { Controller } from "@hotwired/stimulus"
import { TIMEOUT } from "helpers/api.js"
import { explanation, fetchPart, originOf } from "helpers/parts.js"
import { isSamePerson } from "helpers/restored.js"

/** Shows pages in a dialog: links and forms inside stay in it until one leads elsewhere. */
export default class extends Controller {
  static targets = ["body", "failure"]

  initialize() {
    this.turn = Promise.resolve()
    this.asked = 0 // requests under way
  }

  async open({ detail: { url } }) {
    await this.#show(url)
    if (!this.element.open && this.bodyTarget.children.length) this.element.showModal()
  }

  /** Retry what failed: once, however often the button is pressed. */
  retry() {
    const { failed } = this
    this.failed = null
    failed?.again()
  }

  /** Nothing is replaced under a pressed pointer: the click would be lost. */
  press() {
    this.released = new Promise((done) => {
      const release = () => setTimeout(done) // after the click
      for (const type of ["pointerup", "pointercancel"]) addEventListener(type, release, { once: true })
    })
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
    if (submitter?.ariaDisabled) return
    submitter?.setAttribute("aria-disabled", "true") // a disabled one would lose the focus
    const sent = { method: form.method, body: new FormData(form) }
    return this.#show(form.action, sent, form).finally(() =>
      submitter?.removeAttribute("aria-disabled"),
    )
  }

  /** Reload what the dialog shows, from the address in its `data-refresh`. */
  refresh() {
    if (this.stale) return null // a reload is due already
    this.stale = true
    return this.#inTurn(async () => {
      this.stale = false
      const url = this.bodyTarget.querySelector("[data-refresh]")?.dataset.refresh
      const query = this.bodyTarget.querySelector("input[type=search]")?.value
      if (!this.element.open || !url || this.asked) return
      const response = await this.#fetch(query ? `${url}?q=${encodeURIComponent(query)}` : url)
      const html = response.ok && (await response.text())
      await this.released
      if (html && this.element.open && !this.asked) this.#fill(html)
    }).catch(() => null) // the next change asks again
  }

  async #show(url, options, form) {
    if (!this.asked) this.failed = null
    this.asked += 1
    const again = () => this.#show(url, options, form)
    try {
      await this.#inTurn(async () => this.#take(await this.#fetch(url, options), again, form))
    } catch {
      this.#fail("Nobody answers. Are you online?", again)
    } finally {
      this.asked -= 1
    }
  }

  /** One request after the other, so that the last answer includes all changes. */
  #inTurn(work) {
    const done = this.turn.then(work)
    this.turn = done.catch(() => null)
    return done
  }

  async #take(response, again, form) {
    const text = await response.text()
    await this.released
    const { ok, status, url } = response
    if (status === 204) {
      this.close()
      this.dispatch("visit", { prefix: "pane", target: window, detail: { url } })
    } else if (!originOf(response)) {
      // Signed out, or somebody else signed in: a reload leads to the form and back here. Signed in anew:
      // the form, sent as that of a page, leads to one that goes on with it.
      if (status === 403 && form?.isConnected && (await isSamePerson())) form.submit()
      else if (ok || status === 403) location.reload()
      else this.#fail(explanation(text, status), again)
    } else if (!ok || this.asked === 1) this.#fill(text) // otherwise the next answer shows it too
  }

  #fetch(url, options = {}) {
    return fetchPart("dialog", url, { ...options, signal: AbortSignal.timeout(TIMEOUT) })
  }

  /** Show what went wrong above the page, which keeps what was typed. */
  #fail(text, again) {
    this.failed = { text, again }
    const body = this.bodyTarget
    const before = body.querySelector(".form__errors")
    const retried = before?.contains(document.activeElement)
    const page = this.failureTarget.content.cloneNode(true)
    const failure = page.querySelector(".form__errors")
    failure.querySelector("p").textContent = text
    before?.remove()
    if (body.children.length) body.querySelector(".sheet__header").after(failure)
    else body.append(page)
    if (retried) failure.querySelector("button").focus()
    if (!this.element.open) this.element.showModal()
  }

  /** Show HTML of the server, and keep the focus, the typed text and what was unfolded. */
  #fill(html) {
    const body = this.bodyTarget
    const focused = body.contains(document.activeElement) && document.activeElement
    const unfolded = [...body.querySelectorAll("details[open]")].map(({ id }) => id)
    body.innerHTML = html
    for (const id of unfolded) body.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "")
    const same = focused && [...body.querySelectorAll(focused.localName)].find(isLike(focused))
    if (same?.type === "search") same.value = focused.value
    const first = same || body.querySelector("[autofocus]")
    if (first || focused) focusable(first ?? body.querySelector("#dialog-title")).focus()
    if (this.failed) this.#fail(this.failed.text, this.failed.again) // it wasn't retried yet
  }
}

/** A test whether an element is the counterpart of this one in the new HTML. */
function isLike(one) {
  const mark = ({ id, name, href, textContent }) => id || `${name} ${href} ${textContent}`
  return (other) => mark(other) === mark(one)
}

/** Make an element focusable, as a title isn't, so that the focus isn't lost. */
function focusable(element) {
  if (element.tabIndex < 0) element.tabIndex = -1
  return element
}
