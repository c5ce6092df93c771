import { listen } from "helpers/listen.js"
import { forget } from "helpers/written.js"
import { CatchUp } from "models/catch_up.js"
import { ChatState } from "models/chat_state.js"
import { lineOf } from "models/lines.js"
import { Outbox } from "models/outbox.js"
import { people } from "models/people.js"
import { Reading } from "models/reading.js"
import { LiveSocket } from "models/socket.js"

/**
 * A chat's socket, catch-up and state. What arrives, answers to what the user has sent too, becomes events of the window:
 * `chat:message`, `chat:progress`, `chat:reaction`, `chat:line` (of lines.js), `chat:missed` (changes that are no messages), `chat:read`,
 * `chat:receipts`, `chat:typing`, `chat:left`, `chat:presence`, `chat:rights`, `chat:unread` (detail: {seq}), `chat:pinned`,
 * `chat:pins` (both: {pin_count}), `chat:changed`, `chat:renamed` (detail: {user_id, name}), `chat:cleared` (detail: {since_seq}),
 * `chat:connection` (detail: {state}), `chat:ended` (detail: {why}).
 */
export class LiveChat {
  // Handlers of the socket's events, by type.
  #frames = {
    welcome: (data) => this.#welcome(data),
    text_message: (data) => this.message({ ...data, id: data.message_id }),
    message_edited: (data) => this.message({ ...data, id: data.message_id }),
    message_updated: (data) => this.message({ ...data, id: data.message_id }),
    message_deleted: (data) => this.message({ ...data, id: data.message_id }),
    message_pinned: (data) => this.#tell("pinned", data),
    message_reaction: (data) => this.#tell("reaction", { ...data, id: data.message_id }),
    message_read: (data) => this.state.read(data.user_id, data.seq),
    message_progress: (data) => this.#tell("progress", data),
    typing_indicator: (data) => this.#typed(data),
    user_joined: (data) => this.state.cameOnline(data),
    user_left: (data) => this.state.wentOffline(data),
    user_renamed: (data) => this.#renamed(data),
    chat_updated: (data) => this.state.update(data) || this.catchUp.ask(),
    chat_state: (data) => this.#takeState(data, data.read_markers, data.permissions[this.#userId]),
    member_added: (data) => this.state.memberAdded(data),
    member_removed: (data) => this.state.memberRemoved(data),
    permissions_changed: (data) => this.state.permissionsChanged(data),
    chat_unread: (data) => this.reading.mark(data.unread_from),
    chat_cleared: (data) => this.#tell("cleared", data),
    chat_deleted: () => this.end("deleted"),
    resync: () => location.reload(),
    error: (data) => data.retry_after && this.reading.retryAfter(data.retry_after),
  }

  #id
  #userId
  #isGroup
  #isOver = false
  #askedAt // when the page was asked for, by Date.now(); 0 after the first connection

  constructor({ id, userId, isGroup, lastRev, askedAt, unreadFrom, ...state }) {
    this.#id = id
    this.#askedAt = askedAt
    this.#userId = userId
    this.#isGroup = isGroup
    this.state = new ChatState({ userId, isGroup, ...state })
    const url = `/api/v1/chats/${id}`
    this.socket = new LiveSocket(url)
    this.catchUp = new CatchUp(url, lastRev, () => this.socket.isOpen)
    this.reading = new Reading(this.socket, this.state, unreadFrom)
    this.#listen()
  }

  #listen() {
    const on = (source, type, take) => source.addEventListener(type, ({ detail }) => take(detail))
    on(this.state, "changed", () => this.#changed())
    on(this.state, "rights", () => this.#tell("rights", this.state.rights))
    on(this.state, "presence", (presence) => this.#tell("presence", presence))
    on(this.state, "receipts", (receipts) => this.#tell("receipts", receipts))
    on(this.state, "left", (who) => this.#tell("left", who))
    on(this.state, "read", ({ userId, seq }) => userId === this.#userId && this.reading.moved(seq))
    on(this.reading, "read", ({ seq }) => this.#tell("read", { chat_id: this.#id, seq }))
    on(this.reading, "unread", (mark) => this.#tell("unread", mark))
    on(this.catchUp, "changes", (changes) => this.#takeChanges(changes))
    on(this.catchUp, "complete", () => this.socket.isOpen && this.#connection("ready"))
    on(this.catchUp, "tooFar", () => location.reload())
    on(this.catchUp, "ended", (why) => this.end(why))
    on(this.socket, "state", (state) => this.#connection(state))
    on(this.socket, "frame", (frame) => this.#receive(frame))
    // A refused handshake doesn't say why: the API does.
    on(this.socket, "failed", () => navigator.onLine && this.catchUp.ask())
    on(this.socket, "ended", (why) => this.end(why))
    // The outbox goes on when another chat is shown.
    this.unlisten = listen(Outbox.of(this.#userId, this.#id), { stored: (message) => this.message(message) })
  }

  open() {
    if (!this.#isOver) this.socket.open()
  }

  /** Close the socket, for now. */
  close() {
    this.reading.flush()
    this.socket.close()
  }

  /** Close the socket permanently, and tell nothing any more. */
  stop() {
    this.close()
    this.#isOver = true
    this.unlisten()
    this.reading.stop()
    this.catchUp.stop()
  }

  /** Close the socket permanently, and say why: a key of `TEXTS` of the ending controller. */
  end(why) {
    this.#tell("connection", { state: "ended" })
    this.#tell("ended", { why })
    this.stop()
  }

  typing(detail) {
    this.socket.send("typing_indicator", detail)
  }

  /** Take a message's current state, from the socket or the API. */
  message(message) {
    if (message.sender_name) people.learn(message.sender_id, message.sender_name)
    const { sender_id, seq, edited_at, deleted_at } = message
    if (!edited_at && !deleted_at && this.state.members.has(sender_id)) this.state.sent(sender_id, seq)
    this.#tell("message", message)
    if (message.rev) this.catchUp.note(message.rev)
  }

  // From the socket and the API

  #receive({ type, data }) {
    this.#frames[type]?.(data)
    const line = this.#isGroup && lineOf(type, data)
    if (line) this.#tell("line", line)
    if (data.rev && !this.#isOver) this.catchUp.note(data.rev)
  }

  #welcome({ user_id, last_rev, online, read_markers, covers }) {
    if (user_id !== this.#userId) {
      forget()
      this.end("signedOut") // another user signed in, in another tab
      return
    }
    this.state.setOnline(online)
    for (const [id, seq] of Object.entries(read_markers)) this.state.read(Number(id), seq)
    const age = (Date.now() - this.#askedAt) / 1000 // of the page
    this.#askedAt = 0
    // Read markers have no `rev`: the server says for how long it knows all that moved.
    if (this.catchUp.isAt(last_rev) && age >= 0 && age < covers) this.#connection("ready")
    else this.catchUp.ask()
  }

  #typed({ user_id, username, is_typing }) {
    if (user_id === this.#userId) return
    this.#tell("typing", { user_id, name: people.name(user_id, username), is_typing })
  }

  #renamed({ user_id, name }) {
    people.learn(user_id, name)
    this.#tell("renamed", { user_id, name })
    this.state.tellReceipts()
    this.state.tellPresence()
    this.#changed()
  }

  #takeChanges({ results, read_markers, chat, last_rev, permissions, advanced }) {
    for (const message of results) this.message(message)
    this.#takeState({ ...chat, rev: chat.last_rev }, read_markers, permissions)
    if (advanced > results.length) this.#tell("missed")
    this.#tell("cleared", chat) // elsewhere, while this page was away
  }

  /** Take a chat's state; if it is older than the current one, ask for the latest. */
  #takeState(chat, markers, flags) {
    if (this.state.replace(chat, markers, flags ?? {})) {
      this.#tell("pins", chat)
      return
    }
    this.state.rev = 0
    this.catchUp.ask()
  }

  #connection(state) {
    if (state !== "ready") this.reading.reset()
    this.#tell("connection", { state })
    if (state === "ready") this.state.tellReceipts()
  }

  #changed() {
    this.#tell("changed", { name: this.#isGroup ? this.state.name : null })
  }

  #tell(type, detail) {
    if (this.#isOver) return
    dispatchEvent(new CustomEvent(`chat:${type}`, { detail }))
  }
}
