import { inNextFrame } from "helpers/frames.js"
import { forget } from "helpers/written.js"
import { CatchUp } from "models/catch_up.js"
import { ChatState } from "models/chat_state.js"
import { lineOf } from "models/lines.js"
import { people } from "models/people.js"
import { Seen } from "models/seen.js"
import { LiveSocket } from "models/socket.js"

/**
 * A chat's socket, catch-up and state. What arrives becomes events of the window:
 * `chat:message`, `chat:progress`, `chat:reaction`, `chat:line` (of lines.js), `chat:missed` (changes that are no messages), `chat:read`,
 * `chat:receipts`, `chat:typing`, `chat:left`, `chat:presence`, `chat:rights`, `chat:unread` (detail: {seq}), `chat:pinned`,
 * `chat:pins` (detail: {count}),
 * `chat:changed`, `chat:renamed` (detail: {user_id, name}), `chat:cleared` (detail: {since_seq}),
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
    message_pinned: (data) => this.#pinned(data),
    message_reaction: (data) => this.#tell("reaction", { ...data, id: data.message_id }),
    message_read: (data) => this.state.read(data.user_id, data.seq),
    message_progress: (data) => this.#tell("progress", data),
    typing_indicator: (data) => this.#typed(data),
    user_joined: (data) => this.#cameOnline(data),
    user_left: (data) => this.#wentOffline(data),
    user_renamed: (data) => this.#renamed(data),
    chat_updated: (data) => this.state.update(data) || this.catchUp.ask(),
    chat_state: (data) => this.#takeState(data, data.read_markers, data.permissions[this.#userId]),
    member_added: (data) => this.#memberAdded(data),
    member_removed: (data) => this.#memberRemoved(data),
    permissions_changed: (data) => this.state.permissionsChanged(data),
    chat_unread: (data) => this.#markedUnread(data),
    chat_cleared: (data) => this.#tell("cleared", data),
    chat_deleted: () => this.end("deleted"),
    resync: () => location.reload(),
    error: (data) => data.retry_after && this.seenMarker.retryAfter(data.retry_after, this.state.ownMarker),
  }

  #id
  #userId
  #isGroup
  #isOver = false
  #unreadFrom // the `seq` from which on the user has marked the chat as unread; 0: they haven't
  #isHeld = false // they have done so while this page was open: it counts as read when they come again
  #askedAt // when the page was asked for, by Date.now(); 0 after the first connection

  constructor({ id, userId, isGroup, lastRev, askedAt, unreadFrom, ...state }) {
    this.#unreadFrom = unreadFrom
    this.#id = id
    this.#askedAt = askedAt
    this.#userId = userId
    this.#isGroup = isGroup
    // Many may come at once: listeners are called once a frame.
    this.tellReceipts = inNextFrame(() => this.#tell("receipts", { markers: this.state.receipts }))
    this.tellPresence = inNextFrame(() => this.#tell("presence", this.state.presence))
    this.state = new ChatState({ userId, isGroup, ...state })
    const url = `/api/v1/chats/${id}`
    this.socket = new LiveSocket(url)
    this.catchUp = new CatchUp(url, lastRev, () => this.socket.isOpen)
    this.seenMarker = new Seen((message) => this.socket.send("message_read", { message_id: message }))
    this.#listen()
  }

  #listen() {
    const on = (source, type, take) => source.addEventListener(type, ({ detail }) => take(detail))
    on(this.state, "changed", () => this.#changed())
    on(this.state, "rights", () => this.#tell("rights", this.state.rights))
    on(this.state, "online", () => this.tellPresence())
    on(this.state, "read", (read) => this.#read(read))
    on(this.catchUp, "changes", (changes) => this.#takeChanges(changes))
    on(this.catchUp, "complete", () => this.socket.isOpen && this.#connection("ready"))
    on(this.catchUp, "tooFar", () => location.reload())
    on(this.catchUp, "failed", (error) => this.#catchUpFailed(error))
    on(this.socket, "state", (state) => this.#connection(state))
    on(this.socket, "frame", (frame) => this.#receive(frame))
    // A refused handshake doesn't say why: the API does.
    on(this.socket, "failed", () => navigator.onLine && this.catchUp.ask())
    on(this.socket, "ended", (why) => this.end(why))
  }

  open() {
    if (!this.#isOver) this.socket.open()
  }

  /** Close the socket, for now. */
  close() {
    this.seenMarker.flush()
    this.socket.close()
  }

  /** Close the socket permanently, and tell nothing any more. */
  stop() {
    this.close()
    this.#isOver = true
    this.seenMarker.stop()
    this.catchUp.stop()
  }

  /** Close the socket permanently, and say why: a key of `TEXTS` of the ending controller. */
  end(why) {
    this.#tell("connection", { state: "ended" })
    this.#tell("ended", { why })
    this.stop()
  }

  /** The user has seen this message. */
  seen({ id, seq }) {
    const endsMark = this.#unreadFrom && seq >= this.#unreadFrom
    const isKnown = (seq <= this.state.ownMarker && !endsMark) || this.seenMarker.covers(seq)
    if (!this.socket.isOpen || this.#isHeld || isKnown) return
    this.#tell("read", { chat_id: this.#id, seq })
    this.seenMarker.tell({ id, seq })
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

  #read({ userId, seq }) {
    this.tellReceipts()
    if (userId === this.#userId && !this.#unreadFrom) this.#tell("read", { chat_id: this.#id, seq })
  }

  #typed({ user_id, username, is_typing }) {
    if (user_id === this.#userId) return
    this.#tell("typing", { user_id, name: people.name(user_id, username), is_typing })
  }

  #cameOnline({ user_id, username }) {
    if (people.name(user_id, "") === "") people.learn(user_id, username)
    this.state.cameOnline(user_id)
  }

  #wentOffline({ user_id }) {
    this.state.wentOffline(user_id)
    this.#tell("left", { sender_id: user_id })
  }

  #renamed({ user_id, name }) {
    people.learn(user_id, name)
    this.#tell("renamed", { user_id, name })
    this.tellReceipts()
    this.#changed()
  }

  #memberAdded(data) {
    people.learn(data.user_id, data.name)
    this.state.memberAdded(data)
  }

  #memberRemoved(data) {
    this.#tell("left", { sender_id: data.user_id })
    this.state.memberRemoved(data)
  }

  #markedUnread({ unread_from }) {
    this.#unreadFrom = unread_from ?? 0
    this.#isHeld = unread_from !== null
    if (this.#isHeld) this.#tell("unread", { seq: unread_from })
  }

  #pinned(data) {
    this.#tell("pinned", data)
    this.#tell("pins", { count: data.pin_count })
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
      this.#tell("pins", { count: chat.pin_count })
      return
    }
    this.state.rev = 0
    this.catchUp.ask()
  }

  #catchUpFailed(error) {
    if (error.signedOut) this.end("signedOut")
    else if (error.status === 404) this.end("gone")
    else throw error
  }

  #connection(state) {
    if (state !== "ready") this.seenMarker.reset()
    this.#tell("connection", { state })
    if (state === "ready") this.tellReceipts()
  }

  #changed() {
    this.tellPresence()
    this.#tell("changed", { name: this.#isGroup ? this.state.name : null })
  }

  #tell(type, detail) {
    if (this.#isOver) return
    dispatchEvent(new CustomEvent(`chat:${type}`, { detail }))
  }
}
