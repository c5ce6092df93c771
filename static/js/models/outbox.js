import { api, isRetriable } from "helpers/api.js"
import { inTurn, randomId } from "helpers/turns.js"
import { OutboxStore, timeAfter } from "models/outbox_store.js"
import { Pace } from "models/pace.js"
import { dropAll, keepAll, uploadAll } from "models/uploads.js"

const outboxes = new Map() // by their user and chat
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
  #userId
  #chatId
  #store
  #entries = new Map()
  #sending = false
  #pace = new Pace(() => this.flush())

  /** The outbox of a chat; it goes on sending when another chat is shown. */
  static of(userId, chatId) {
    const key = `${userId}:${chatId}`
    const outbox = outboxes.get(key) ?? new Outbox(userId, chatId)
    outboxes.set(key, outbox)
    if (!outbox.#sending) outbox.#read()
    return outbox
  }

  /** Those with unsent messages of a user, of all chats. */
  static allOf(userId) {
    return [...OutboxStore.chatsOf(userId)].map((chatId) => Outbox.of(userId, chatId))
  }

  constructor(userId, chatId) {
    super()
    this.#userId = userId
    this.#chatId = chatId
    this.#store = new OutboxStore(userId, chatId)
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
      created_at: timeAfter(this.entries),
      state: "sending",
    }
    if (files.length) entry.files = await keepAll(this.#userId, entry.client_id, files)
    this.#entries.set(entry.client_id, entry)
    this.#changed(entry)
    this.flush()
  }

  /** Drop an entry: its message is stored, or given up. */
  drop(clientId) {
    const entry = this.find(clientId)
    if (entry?.files) dropAll(entry)
    if (this.#entries.delete(clientId)) this.#store.drop(clientId)
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
    if (this.#sending || this.#pace.holds()) return
    this.#pace.stop()
    this.#sending = true
    try {
      await inTurn(this.#store.prefix, () => this.#sendAll())
    } finally {
      this.#sending = false
    }
  }

  close() {
    this.#pace.stop()
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
      const message = await api("POST", `/api/v1/chats/${this.#chatId}/messages`, data)
      this.#pace.sent()
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
    this.#store.keep(entry) // so that a reload doesn't upload them again
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
    this.#set(entry, "waiting", error.retryAfter ? error.message : null)
    if (!error.retryAfter) this.#pace.failed()
    else {
      this.#pace.pause(error.retryAfter)
      this.#tell("slowed")
    }
    return false
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
    this.#store.keep(entry)
    this.#tell("changed", entry)
  }

  /** Read what is kept: other pages of the app may have added entries, or sent some. */
  #read() {
    const before = this.#entries
    this.#entries = new Map(this.#store.read(this.entries).map((entry) => [entry.client_id, entry]))
    for (const entry of this.entries) {
      const known = before.get(entry.client_id)
      if (known && known.state !== entry.state) this.#tell("changed", entry)
    }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
