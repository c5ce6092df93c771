import { api, isRetriable } from "helpers/api.js"
import { backoff } from "helpers/backoff.js"
import { inTurn, randomId } from "helpers/turns.js"
import { keep } from "helpers/written.js"
import { dropAll, keepAll, uploadAll } from "models/uploads.js"

const outboxes = new Map() // by their prefix
const LONGEST_PAUSE = 60 // seconds; a message that must wait longer holds up no other

export const ENDED = "This chat has ended for you."

const settled = () => dispatchEvent(new CustomEvent("outbox:settled")) // to the window

/**
 * Unsent messages of a chat, kept in local storage so that they are sent after a reload or by another
 * page of the app, until the sign-out; one page sends at a time.
 *
 * Each has a `client_id`, so that the server stores it once, however often it is sent. Events:
 * `changed` (detail: the entry; its `state` is "sending", "waiting" or "failed", with `error`),
 * `stored` (detail: the message), `slowed` (a rate limit was hit; sending is paused),
 * `signedOut`.
 */
export class Outbox extends EventTarget {
  #prefix
  #chatId
  #url
  #entries = new Map()
  #kept = new Set() // ids of those in the storage
  #sending = false
  #timer = null
  #attempt = 0
  #pausedUntil = 0 // by performance.now()

  /** The ids of the chats with unsent messages of this user. */
  static chatsOf(userId) {
    const keys = Object.keys(localStorage).map((key) => key.split(":"))
    const own = keys.filter(([kind, owner]) => kind === "outbox" && owner === String(userId))
    return new Set(own.map(([, , chatId]) => chatId))
  }

  /** The outbox of a chat; it goes on sending when another chat is shown. */
  static of(userId, chatId) {
    const prefix = `outbox:${userId}:${chatId}:`
    const outbox = outboxes.get(prefix) ?? new Outbox(prefix, chatId)
    outboxes.set(prefix, outbox)
    if (!outbox.#sending) outbox.#read()
    return outbox
  }

  constructor(prefix, chatId) {
    super()
    this.#prefix = prefix
    this.#chatId = chatId
    this.#url = `/api/v1/chats/${chatId}/messages`
  }

  get entries() {
    return [...this.#entries.values()]
  }

  find(clientId) {
    return this.#entries.get(clientId)
  }

  /** `title`: the chat's name. `files`: of the attach controller. */
  async add({ content, title, reply = null, root_id = null, files = [] }) {
    const entry = {
      client_id: randomId(),
      content,
      title,
      reply_to: reply?.id ?? null,
      reply,
      root_id,
      created_at: this.#after(),
      state: "sending",
    }
    if (files.length) entry.files = await keepAll(this.#prefix.split(":")[1], entry.client_id, files)
    this.#entries.set(entry.client_id, entry)
    this.#changed(entry)
    this.flush()
  }

  /** Now, but after all entries, whose order it is: a clock may be set back. */
  #after() {
    const latest = Math.max(0, ...this.entries.map(({ created_at }) => Date.parse(created_at) + 1))
    return new Date(Math.max(Date.now(), latest)).toISOString()
  }

  /** Drop an entry: its message is stored, or given up. */
  drop(clientId) {
    const entry = this.find(clientId)
    if (entry?.files) dropAll(entry)
    if (this.#entries.delete(clientId)) localStorage.removeItem(this.#prefix + clientId)
    this.#kept.delete(clientId)
    settled()
  }

  retry(clientId) {
    const entry = this.find(clientId)
    if (!entry) return
    this.#set(entry, "sending")
    this.flush()
  }

  /** Send what waits, one after the other, to keep the order. */
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

  /** What waits can't be sent any more. */
  refuse(reason) {
    for (const entry of this.entries) this.#fail(entry, reason, true)
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
      if (entry.files) data.attachment_ids = await this.#upload(entry)
      const message = await api("POST", this.#url, data)
      this.#attempt = 0
      this.drop(entry.client_id)
      this.#tell("stored", message)
      return true
    } catch (error) {
      // Meanwhile the socket may have delivered the message, or told that the chat has ended.
      return this.find(entry.client_id)?.state === "sending" ? this.#refused(entry, error) : true
    }
  }

  async #upload(entry) {
    const ids = await uploadAll(entry, this.#chatId, (progress) => this.#tell("changed", { ...entry, progress }))
    this.#keep(entry) // so that a reload doesn't upload them again
    return ids
  }

  #refused(entry, error) {
    if (error.signedOut) {
      this.#set(entry, "waiting")
      this.#tell("signedOut")
      return false
    }
    if (!isRetriable(error) || error.retryAfter > LONGEST_PAUSE) {
      const isGone = error.status === 404
      for (const file of entry.files ?? []) delete file.id // they may be gone: uploaded a day ago
      this.#fail(entry, isGone ? ENDED : error.message, isGone)
      return true
    }
    if (error.retryAfter) this.#slowDown(entry, error)
    else {
      this.#set(entry, "waiting")
      this.#flushAfter(backoff(this.#attempt++))
    }
    return false
  }

  /** Send nothing, new messages included, until the rate limit allows it. */
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

  /** It is told wherever its author is in the app; `isGone`: there is no chat to try it again in. */
  #fail(entry, error, isGone) {
    entry.isGone = isGone
    this.#set(entry, "failed", error)
    settled()
  }

  #changed(entry) {
    this.#keep(entry)
    this.#tell("changed", entry)
  }

  /** One item an entry, since all pages of the app share the storage. */
  #keep(entry) {
    try {
      keep(localStorage, this.#prefix + entry.client_id, JSON.stringify(entry))
      this.#kept.add(entry.client_id)
    } catch {
      // Storage is full or forbidden: the message is sent, but lost by a reload.
    }
  }

  /** Read the entries from storage; keep those that couldn't be stored. */
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
