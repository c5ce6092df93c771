import { api, isRetriable } from "helpers/api.js"
import { backoff } from "helpers/backoff.js"
import { inTurn, randomId } from "helpers/turns.js"

/**
 * Messages on their way to a chat, kept in the browser's storage so that a reload, or another page
 * of the app, sends them again; one page at a time.
 *
 * Each has a `client_id`, by which the server stores it once however often it is sent. Events:
 * `changed` (detail: the entry; its `state` is "sending", "waiting" or "failed", with `error`),
 * `stored` (detail: the message), `slowed` (nothing is sent until the server takes more),
 * `signedOut`.
 */
export class Outbox extends EventTarget {
  #prefix
  #url
  #entries = new Map()
  #kept = new Set() // ids of those in the storage
  #sending = false
  #timer = null
  #attempt = 0
  #pausedUntil = 0 // as performance.now() counts

  /** The ids of the chats for which something of this user waits. */
  static chatsOf(userId) {
    const keys = Object.keys(localStorage).map((key) => key.split(":"))
    const own = keys.filter(([kind, owner]) => kind === "outbox" && owner === String(userId))
    return new Set(own.map(([, , chatId]) => chatId))
  }

  constructor(userId, chatId) {
    super()
    this.#prefix = `outbox:${userId}:${chatId}:`
    this.#url = `/api/v1/chats/${chatId}/messages`
    this.#read()
  }

  get entries() {
    return [...this.#entries.values()]
  }

  find(clientId) {
    return this.#entries.get(clientId)
  }

  add({ content, reply_to = null, reply = null }) {
    const entry = {
      client_id: randomId(),
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
    if (this.#entries.delete(clientId)) localStorage.removeItem(this.#prefix + clientId)
    this.#kept.delete(clientId)
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
      await inTurn(this.#prefix, () => this.#sendAll())
    } finally {
      this.#sending = false
    }
  }

  close() {
    clearTimeout(this.#timer)
  }

  async #sendAll() {
    this.#read() // another page may have sent some
    let entry
    while ((entry = this.entries.find((each) => each.state !== "failed"))) {
      if (!(await this.#send(entry))) break
    }
  }

  async #send(entry) {
    this.#set(entry, "sending")
    const { client_id, content, reply_to } = entry
    const data = { client_id, content, ...(reply_to && { reply_to }) }
    try {
      const message = await api("POST", this.#url, data)
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

  /** An item an entry: all pages of the app share the storage. */
  #keep(entry) {
    try {
      localStorage.setItem(this.#prefix + entry.client_id, JSON.stringify(entry))
      this.#kept.add(entry.client_id)
    } catch {
      // Storage is full or forbidden: messages are sent all the same, but not after a reload.
    }
  }

  /** Take what is in the storage, in addition to what didn't fit there. */
  #read() {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.#prefix))
    const kept = keys.map((key) => JSON.parse(localStorage.getItem(key)))
    const others = this.entries.filter(({ client_id }) => !this.#kept.has(client_id))
    const entries = [...kept, ...others].map((entry) => [entry.client_id, entry])
    entries.sort(([, one], [, other]) => one.created_at.localeCompare(other.created_at))
    const before = this.#entries
    this.#entries = new Map(entries)
    this.#kept = new Set(kept.map(({ client_id }) => client_id))
    for (const entry of kept) {
      const known = before.get(entry.client_id)
      if (known && known.state !== entry.state) this.#tell("changed", entry)
    }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
