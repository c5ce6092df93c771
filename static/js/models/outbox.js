import { isRetriable } from "helpers/api.js"
import { backoff } from "helpers/backoff.js"

/**
 * Messages on their way, kept in the browser's storage so that a reload sends them again.
 *
 * Each has a `client_id`, by which the server stores it once however often it is sent. Events:
 * `changed` (detail: the entry; its `state` is "sending", "waiting" or "failed", with `error`),
 * `stored` (detail: the message), `slowed` (nothing is sent until the server takes more),
 * `signedOut`.
 */
export class Outbox extends EventTarget {
  #storage
  #prefix
  #post
  #entries
  #sending = false
  #timer = null
  #attempt = 0
  #pausedUntil = 0 // as performance.now() counts

  /** `post(entry)` sends one and answers the stored message; `prefix` begins its storage keys. */
  constructor({ storage, prefix, post }) {
    super()
    this.#storage = storage
    this.#prefix = prefix
    this.#post = post
    this.#entries = new Map(this.#read().map((entry) => [entry.client_id, entry]))
  }

  get entries() {
    return [...this.#entries.values()]
  }

  find(clientId) {
    return this.#entries.get(clientId)
  }

  add({ content, reply_to = null, reply = null }) {
    const entry = {
      client_id: crypto.randomUUID?.() ?? randomId(),
      content,
      reply_to,
      reply,
      created_at: new Date().toISOString(),
      state: "sending",
    }
    this.#entries.set(entry.client_id, entry)
    this.#changed(entry)
    this.flush()
  }

  /** The message with this `client_id` is stored: nothing is left to send. */
  confirm(clientId) {
    if (this.#entries.delete(clientId)) this.#storage.removeItem(this.#prefix + clientId)
  }

  discard(clientId) {
    this.confirm(clientId)
  }

  retry(clientId) {
    const entry = this.find(clientId)
    if (!entry) return
    this.#set(entry, "sending")
    this.flush()
  }

  /** Send what is due, one after the other, so that the order is kept. */
  async flush() {
    if (this.#sending) return
    const pause = this.#pausedUntil - performance.now()
    if (pause > 0) {
      this.#flushAfter(pause)
      return
    }
    clearTimeout(this.#timer)
    this.#sending = true
    try {
      let entry
      while ((entry = this.entries.find((each) => each.state !== "failed"))) {
        if (!(await this.#send(entry))) break
      }
    } finally {
      this.#sending = false
    }
  }

  close() {
    clearTimeout(this.#timer)
  }

  async #send(entry) {
    this.#set(entry, "sending")
    try {
      const message = await this.#post(entry)
      this.#attempt = 0
      this.confirm(entry.client_id)
      this.#tell("stored", message)
      return true
    } catch (error) {
      // The socket may have brought the message although the answer was lost.
      return this.find(entry.client_id) ? this.#refused(entry, error) : true
    }
  }

  #refused(entry, error) {
    if (error.signedOut) {
      this.#set(entry, "waiting")
      this.#tell("signedOut")
      return false
    }
    if (!isRetriable(error)) {
      this.#set(entry, "failed", error.message)
      return true
    }
    if (error.retryAfter) this.#slowDown(entry, error)
    else {
      this.#set(entry, "waiting")
      this.#flushAfter(backoff(this.#attempt++))
    }
    return false
  }

  /** Whatever comes meanwhile, nothing is sent before the server takes it. */
  #slowDown(entry, { retryAfter, message }) {
    const pause = retryAfter * 1000
    this.#pausedUntil = performance.now() + pause
    this.#set(entry, "waiting", message)
    this.#flushAfter(pause)
    this.#tell("slowed")
  }

  #flushAfter(milliseconds) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.flush(), milliseconds)
  }

  #set(entry, state, error = null) {
    Object.assign(entry, { state, error })
    this.#changed(entry)
  }

  #changed(entry) {
    this.#keep(entry)
    this.#tell("changed", entry)
  }

  /** An item an entry: tabs of the same chat share the storage. */
  #keep(entry) {
    try {
      this.#storage.setItem(this.#prefix + entry.client_id, JSON.stringify(entry))
    } catch {
      // Storage is full or forbidden: messages are sent all the same, but not after a reload.
    }
  }

  #read() {
    const keys = Object.keys(this.#storage).filter((key) => key.startsWith(this.#prefix))
    const entries = keys.map((key) => JSON.parse(this.#storage.getItem(key)))
    return entries.sort((one, other) => one.created_at.localeCompare(other.created_at))
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}

/** `crypto.randomUUID` exists only on HTTPS and localhost. */
function randomId() {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")
}
