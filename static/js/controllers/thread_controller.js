import { Controller } from "@hotwired/stimulus"
import { TIMEOUT } from "helpers/api.js"
import { fetchPart, originOf } from "helpers/parts.js"

/**
 * Opens and closes a thread next to the open chat, which stays as it is. The address says which one; Back closes it.
 * Events of the window: `thread:shown` (the address has changed), `thread:missed` (detail: {messages}), `thread:hidden`.
 */
export default class extends Controller {
  static targets = ["panel", "title"]
  static values = { page: String } // the address of the chat

  initialize() {
    this.early = null // messages that arrive while a thread is being loaded
    this.search = "" // of the address of the chat below a thread
  }

  disconnect() {
    this.request?.abort()
  }

  /** From a row: its menu, a key, or the link with the number of its replies. */
  open({ detail: { id } }) {
    this.opener = document.activeElement
    return this.#load(`${this.pageValue}thread/${id}/`)
  }

  /** Back or Forward between the chat and its threads: the chat stays. */
  travel(event) {
    const { pathname, search } = location
    const isChat = pathname === this.pageValue && search === this.search
    if (pathname.startsWith(`${this.pageValue}thread/`)) this.#load(location.href)
    else if (isChat && this.hasPanelTarget) this.#hide()
    else return
    event.preventDefault()
  }

  /** A message arrives. */
  note({ detail: message }) {
    this.early?.push(message)
  }

  close(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    if (history.state?.thread) return history.back() // travel hides it
    history.replaceState(null, "", this.pageValue)
    this.#hide()
    this.dispatch("shown", { target: window })
  }

  /** The chat has ended: it says why. */
  end() {
    if (this.hasPanelTarget) this.panelTarget.remove()
  }

  async #load(url) {
    this.request?.abort()
    const { signal } = (this.request = new AbortController())
    this.early = []
    try {
      const response = await fetchPart("thread", url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]) })
      const html = await response.text()
      if (signal.aborted) return
      // Signed out, other scripts, or nothing there: as a page.
      const fits = response.ok && originOf(response) === document.body.dataset.paneOriginValue
      if (fits) this.#show(html, response.url)
      else location.assign(url)
    } catch {
      if (!signal.aborted) this.#say("Nobody answers. Are you online?")
    }
  }

  #show(html, url) {
    const part = document.createElement("template")
    part.innerHTML = html
    const panel = part.content.querySelector("[data-thread-target=panel]")
    const first = panel.querySelector("[autofocus]")
    first?.removeAttribute("autofocus")
    const isOpen = this.hasPanelTarget
    if (isOpen) this.panelTarget.replaceWith(panel)
    else this.element.append(panel)
    if (url !== location.href) this.#move(url, isOpen)
    const isTaken = first?.checkVisibility() && matchMedia("(pointer: fine)").matches
    ;(isTaken ? first : this.titleTarget).focus({ preventScroll: true })
    const messages = this.early
    this.early = null
    // Its controllers are connected by the next task.
    setTimeout(() => this.dispatch("missed", { target: window, detail: { messages } }))
  }

  /** One history entry however many threads are opened: Back leads to the chat. */
  #move(url, isOpen) {
    if (!isOpen) this.search = location.search
    if (isOpen) history.replaceState(history.state, "", url)
    else history.pushState({ thread: true }, "", url)
    this.dispatch("shown", { target: window })
  }

  #hide() {
    const { threadPanel } = this.panelTarget.dataset
    this.panelTarget.remove()
    this.#focusAgain(threadPanel)
    this.dispatch("hidden", { target: window })
  }

  /** Give the focus back to the link or the row that had it. */
  #focusAgain(id) {
    const opener = this.opener?.isConnected ? this.opener : null
    const link = opener?.closest("[data-part=thread]")
    const row = link ?? opener?.closest(".message") ?? document.getElementById(`message-${id}`)
    this.opener = null
    if (row) row.focus({ preventScroll: true })
    else this.dispatch("focus", { prefix: "chat", target: window })
  }

  #say(text) {
    this.dispatch("note", { prefix: "message-actions", target: window, detail: { text } })
  }
}
