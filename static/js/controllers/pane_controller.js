import { Controller } from "@hotwired/stimulus"
import { TIMEOUT } from "helpers/api.js"
import { explanation, fetchPart, originOf } from "helpers/parts.js"

const SWAPPED = /^\/chats\/([0-9a-f-]{36}\/(thread\/[0-9a-f-]{36}\/)?(\?.*)?)?$/ // the chat list, a chat, a thread
const OFFLINE = "Nobody answers. Are you online?"

/**
 * Swaps the pane next to the chat list, for links to chats, and for Back and Forward. Whatever
 * doesn't fit into this page is loaded as a page. Event of the window: `pane:shown`.
 */
export default class extends Controller {
  static targets = ["pane", "content", "failure", "failureText"]
  static values = { origin: String }

  connect() {
    this.shown = here()
  }

  /** A click anywhere: only a plain one on a link to a chat is ours. */
  follow(event) {
    const link = event.target.closest("a[href]")
    if (!link || link.target || event.defaultPrevented || opensElsewhere(event)) return
    const address = link.pathname + link.search
    const onlyScrolls = link.hash && address === this.shown
    if (link.origin !== location.origin || !SWAPPED.test(address) || onlyScrolls) return
    event.preventDefault()
    this.#show(link.href)
    this.followed = link
    link.dataset.followed = "" // shown at once
  }

  visit({ detail: { url } }) {
    this.#show(url)
  }

  /** Back or Forward: the address has changed already. */
  travel() {
    if (here() === this.shown) this.#stop()
    else if (this.dispatch("travel", { target: window, cancelable: true }).defaultPrevented) this.settle()
    else this.#show(location.href)
  }

  /** The pane shows what the address says: a thread was opened or closed in it. */
  settle() {
    this.#stop()
    this.shown = here()
  }

  /** The pane now shows another address; an open thread stays. */
  move({ detail: { url } }) {
    const { pathname } = location
    history.replaceState(history.state, "", pathname.startsWith(url) ? pathname : url)
    this.shown = here()
  }

  retry() {
    if (this.failed) this.#show(this.failed)
  }

  /** Show a page in the pane; if another one is asked for meanwhile, that one. */
  async #show(url) {
    this.#stop()
    const { signal } = (this.request = new AbortController())
    this.paneTarget.ariaBusy = "true"
    const askedAt = Date.now()
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)])
    const answer = await ask(url, limited).catch(() => null)
    if (signal.aborted) return
    if (answer) this.#take(url, { ...answer, askedAt })
    else this.#fail(url, OFFLINE)
  }

  /** Cancel what is asked for, and forget what failed. */
  #stop() {
    this.request?.abort()
    this.failed = null
    delete this.followed?.dataset.followed
    this.failureTarget.hidden = true
    this.paneTarget.ariaBusy = null
  }

  #take(url, { status, origin, html, askedAt }) {
    if (status === 429 || status >= 500) this.#fail(url, explanation(html, status))
    else if (origin === this.originValue) this.#swap(url, html, askedAt)
    // Signed out, signed in again, other scripts, or nothing there.
    else if (url === location.href) location.reload()
    else location.assign(url)
  }

  #swap(url, html, askedAt) {
    this.#stop()
    if (url !== location.href) history.pushState(null, "", url)
    const first = this.#fill(html, askedAt)
    const isTaken = first && matchMedia("(pointer: fine)").matches
    ;(isTaken ? first : this.paneTarget).focus({ preventScroll: true })
  }

  /** Show this; returns what wants the focus, which only a whole page gets by its attribute. */
  #fill(html, askedAt) {
    const content = this.contentTarget
    const part = document.createElement("template")
    part.innerHTML = html
    const first = part.content.querySelector("[autofocus]")
    first?.removeAttribute("autofocus")
    part.content.querySelector("[data-controller~=chat]")?.setAttribute("data-chat-asked-at-value", askedAt)
    if (content.contains(document.activeElement)) document.activeElement.blur() // stops typing
    content.replaceChildren(part.content)
    const title = content.querySelector(":scope > title")
    document.title = title?.textContent ?? "Chat"
    title?.remove()
    this.shown = here()
    this.dispatch("shown", { target: window })
    return first
  }

  /** After a click the old pane stays; after Back or Forward it would contradict the address. */
  #fail(url, text) {
    this.#stop()
    if (here() !== this.shown) this.#fill("")
    this.failed = url
    this.failureTextTarget.textContent = text
    this.failureTarget.hidden = false
  }
}

async function ask(url, signal) {
  const response = await fetchPart("pane", url, { signal })
  return { status: response.status, origin: originOf(response), html: await response.text() }
}

function here() {
  return location.pathname + location.search
}

function opensElsewhere({ button, metaKey, ctrlKey, shiftKey, altKey }) {
  return button || metaKey || ctrlKey || shiftKey || altKey
}
