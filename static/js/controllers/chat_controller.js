import { Controller } from "@hotwired/stimulus"
import { api, isRetriable } from "helpers/api.js"
import { backoff } from "helpers/backoff.js"
import { inNextFrame } from "helpers/frames.js"
import { paintAvatar } from "helpers/names.js"
import { Cursor } from "models/cursor.js"
import { people } from "models/people.js"
import { DELETED, LiveSocket, REMOVED, SIGNED_OUT } from "models/socket.js"

const SEEN = 1000 // milliseconds between two frames that say how far one has read
const GAP_PATIENCE = 3000 // milliseconds for a missing change to arrive by itself
const FRAMES = {
  welcome: "welcome",
  text_message: "message",
  message_edited: "message",
  message_deleted: "message",
  message_read: "read",
  typing_indicator: "typed",
  user_joined: "joined",
  user_left: "left",
  chat_updated: "updated",
  chat_state: "state",
  member_added: "memberAdded",
  member_removed: "memberRemoved",
  permissions_changed: "permissionsChanged",
  resync: "reload",
  error: "refused",
}

/** One chat's socket: frames and what was missed become `chat:…` events of the window. */
export default class extends Controller {
  static targets = ["title", "avatar", "ended", "endedTitle", "endedText", "endedLink"]
  static values = {
    id: String,
    userId: Number,
    lastRev: Number,
    lastSeq: Number,
    stateRev: Number, // up to which change its name, owner, members and rights are shown
    isGroup: Boolean,
    people: Object,
    bots: Array,
    markers: Array,
    memberIds: Array,
    canSend: Boolean,
    canDelete: Boolean,
  }

  initialize() {
    people.load(this.peopleValue, this.botsValue)
    this.cursor = new Cursor(this.lastRevValue)
    this.markers = new Map(this.markersValue)
    this.members = new Set(this.memberIdsValue)
    this.online = new Set()
    this.sent = null // the read marker that was told last
    this.attempt = 0
    this.shownRev = this.rightsRev = this.stateRevValue
    // Every reader and every arrival is told of: what shows them is told once a frame.
    this.tellReceipts = inNextFrame(() => this.#tellReceipts())
    this.tellPresence = inNextFrame(() => this.#tellPresence())
    this.url = `/api/v1/chats/${this.idValue}`
    this.socket = new LiveSocket(this.url)
    this.socket.addEventListener("state", ({ detail }) => this.#connection(detail))
    this.socket.addEventListener("frame", ({ detail }) => this.#receive(detail))
    this.socket.addEventListener("failed", () => this.#askWhy())
    this.socket.addEventListener("ended", ({ detail }) => this.#ended(detail))
  }

  connect() {
    this.#tellPresence()
    this.socket.open()
  }

  disconnect() {
    this.pause()
    clearTimeout(this.seenTimer)
    clearTimeout(this.retryTimer)
    clearTimeout(this.gapTimer)
  }

  reconnect() {
    if (!this.over) this.socket.open()
  }

  pause() {
    this.#tellSeen()
    this.socket.close()
  }

  // From other controllers

  /** How far one has read: told at once, after that once a second. */
  seen({ detail: { id, seq } }) {
    const known = [this.markers.get(this.userIdValue), this.sent?.seq, this.unsent?.seq]
    if (!this.socket.isOpen || known.some((each) => seq <= each)) return
    this.unsent = { id, seq }
    this.dispatch("read", { target: window, detail: { chat_id: this.idValue, seq } })
    if (!this.seenTimer) this.#tellSeen()
  }

  #tellSeen() {
    clearTimeout(this.seenTimer)
    this.seenTimer = null
    const marker = this.unsent
    this.unsent = null
    if (!marker || !this.socket.send("message_read", { message_id: marker.id })) return
    this.sent = marker
    this.seenTimer = setTimeout(() => this.#tellSeen(), SEEN)
  }

  /** A frame failed for now, perhaps that marker: tell it again when the server takes it. */
  #refused({ retry_after }) {
    if (!retry_after || !(this.sent?.seq > (this.markers.get(this.userIdValue) ?? 0))) return
    this.unsent ??= this.sent
    clearTimeout(this.seenTimer)
    this.seenTimer = setTimeout(() => this.#tellSeen(), retry_after * 1000)
  }

  typing({ detail }) {
    this.socket.send("typing_indicator", detail)
  }

  stored({ detail }) {
    this.#message(detail)
  }

  signedOut() {
    const here = location.pathname + location.search // with a fragment a link only scrolls
    this.#end("You are signed out.", "Sign in again to go on.", here, "Sign in")
  }

  // From the socket

  #receive({ type, data }) {
    if (type === "chat_deleted") this.#ended({ code: DELETED })
    else if (type in FRAMES) this.#take(FRAMES[type], data)
    if (data.rev && !this.over) this.#note(data.rev)
  }

  #take(kind, data) {
    const takers = {
      welcome: () => this.#welcome(data),
      message: () => this.#message({ ...data, id: data.message_id }),
      read: () => this.#read(data.user_id, data.seq),
      typed: () => this.#typed(data),
      joined: () => this.#presence(data, true),
      left: () => this.#presence(data, false),
      updated: () => this.#isNews(data) && this.#updated(data),
      state: () => this.#takeState(data, data.rev, data.read_markers),
      memberAdded: () => this.#memberAdded(data),
      memberRemoved: () => this.#memberRemoved(data),
      permissionsChanged: () => this.#permissionsChanged(data),
      reload: () => location.reload(),
      refused: () => this.#refused(data),
    }
    takers[kind]()
  }

  #welcome({ user_id, last_seq, online }) {
    if (user_id !== this.userIdValue) {
      this.signedOut() // and somebody else signed in, in another tab
      return
    }
    this.online = new Set(online)
    this.tellPresence()
    this.dispatch("seq", { target: window, detail: { seq: last_seq } })
    this.#catchUp() // also without a new change: read markers have no number
  }

  #message(message) {
    if (message.sender_name) people.learn(message.sender_id, message.sender_name)
    const { sender_id, seq } = message
    // What somebody wrote, and all before it, they have read.
    if (!message.edited_at && !message.deleted_at && this.members.has(sender_id)) {
      this.#read(sender_id, seq)
    }
    this.dispatch("message", { target: window, detail: message })
    if (message.rev) this.#note(message.rev)
  }

  #read(userId, seq) {
    if (seq <= (this.markers.get(userId) ?? 0)) return
    this.markers.set(userId, seq)
    this.tellReceipts()
    if (userId === this.userIdValue) {
      this.dispatch("read", { target: window, detail: { chat_id: this.idValue, seq } })
    }
  }

  #typed({ user_id, username, is_typing }) {
    if (user_id === this.userIdValue) return
    const name = people.name(user_id, username)
    this.dispatch("typing", { target: window, detail: { user_id, name, is_typing } })
  }

  #presence({ user_id, username }, isHere) {
    if (people.name(user_id, "") === "") people.learn(user_id, username)
    if (isHere) this.online.add(user_id)
    else this.online.delete(user_id)
    if (!isHere) this.dispatch("left", { target: window, detail: { sender_id: user_id } })
    this.tellPresence()
  }

  #updated({ name, owner_id, member_ids }) {
    if (this.isGroupValue) this.#rename(name)
    this.#setMembers(member_ids)
    if (owner_id !== this.ownerId) this.#refreshRights()
    this.ownerId = owner_id
    this.dispatch("changed", { target: window })
  }

  #memberAdded({ user_id, name, rev }) {
    people.learn(user_id, name)
    if (!this.#isNews({ rev })) return
    this.#setMembers([...this.members, user_id])
    this.dispatch("changed", { target: window })
  }

  #memberRemoved({ user_id, rev }) {
    if (!this.#isNews({ rev })) return
    this.#setMembers([...this.members].filter((id) => id !== user_id))
    this.dispatch("left", { target: window, detail: { sender_id: user_id } })
    this.dispatch("changed", { target: window })
  }

  #permissionsChanged(data) {
    if (data.user_id === this.userIdValue) this.#refreshRights()
    this.dispatch("changed", { target: window })
  }

  #ended({ code, reason }) {
    if (code === SIGNED_OUT) this.signedOut()
    else if (code === REMOVED) {
      this.#end("You are no member of this chat any more.", "You left, or somebody removed you.")
    } else if (code === DELETED) this.#end("This chat was deleted.", "Its messages are gone.")
    else this.#end("The connection was closed.", reason)
  }

  // What was missed

  #note(rev) {
    this.cursor.note(rev)
    if (this.cursor.hasGap && !this.gapTimer) {
      this.gapTimer = setTimeout(() => {
        this.gapTimer = null
        if (this.cursor.hasGap) this.#catchUp()
      }, GAP_PATIENCE)
    }
  }

  /**
   * Ask for what changed since the last change that is here, and take it like live events.
   * An answer that was under way already may be older than what is wanted: then ask again.
   */
  async #catchUp() {
    this.wantsMore = true
    if (this.catchingUp) return
    this.catchingUp = true
    try {
      while (this.wantsMore && !this.over) await this.#askForChanges()
      if (this.socket.isOpen) this.#connection("ready")
    } catch (error) {
      this.#catchUpFailed(error)
    } finally {
      this.catchingUp = false
    }
  }

  async #askForChanges() {
    this.wantsMore = false
    const changes = await api("GET", `${this.url}/messages?changed_after=${this.cursor.settled}`)
    this.attempt = 0
    if (changes.too_far_behind) location.reload()
    else this.#takeChanges(changes)
  }

  #takeChanges({ results, read_markers, chat, last_rev }) {
    for (const message of results) this.#message(message)
    this.cursor.moveTo(last_rev)
    this.#takeState(chat, chat.last_rev, read_markers)
  }

  /** The chat as it was at this change; what is older than the page is asked for anew. */
  #takeState(chat, rev, markers) {
    for (const [id, seq] of Object.entries(markers)) this.#read(Number(id), seq)
    if (rev < this.shownRev) {
      this.shownRev = 0
      this.#catchUp()
    } else if (rev !== this.rightsRev) {
      this.shownRev = this.rightsRev = rev
      this.ownerId = chat.owner_id
      this.#updated(chat)
      this.#refreshRights()
    }
  }

  /** Whether an event is newer than the state that is shown, which it is part of then. */
  #isNews({ rev }) {
    if (rev <= this.shownRev) return false
    this.shownRev = rev
    return true
  }

  #catchUpFailed(error) {
    if (isRetriable(error)) {
      clearTimeout(this.retryTimer)
      this.retryTimer = setTimeout(() => this.socket.isOpen && this.#catchUp(), backoff(this.attempt++))
    } else if (error.signedOut) this.signedOut()
    else if (error.status === 404) {
      this.#end("This chat is not here any more.", "It was deleted, or you are no member of it.")
    } else throw error
  }

  /** A refused handshake doesn't say why: ask the API, which does. */
  async #askWhy() {
    if (navigator.onLine) await this.#catchUp()
  }

  /** What one may do here: from the page as the server would make it now. */
  async #refreshRights() {
    const response = await fetch(location.pathname).catch(() => null)
    if (!response?.ok) return
    const page = new DOMParser().parseFromString(await response.text(), "text/html")
    const fresh = page.querySelector('[data-controller="chat"]')
    if (!fresh) return
    this.canSendValue = fresh.dataset.chatCanSendValue === "true"
    this.canDeleteValue = fresh.dataset.chatCanDeleteValue === "true"
    const menu = ".chat__header .menu"
    const [now, then] = [page.querySelector(menu), this.element.querySelector(menu)]
    if (now && then) {
      now.open = then.open
      then.replaceWith(now)
    }
    else if (now) this.element.querySelector(".chat__header").append(now)
    else then?.remove()
  }

  canSendValueChanged() {
    this.#tellRights()
  }

  canDeleteValueChanged() {
    this.#tellRights()
  }

  // Telling the others

  #connection(state) {
    if (state !== "ready") {
      this.sent = null
      this.unsent = null
    }
    this.dispatch("connection", { target: window, detail: { state } })
    if (state === "ready") this.#tellReceipts()
  }

  #tellPresence() {
    const detail = { online: [...this.online], members: this.members.size }
    this.dispatch("presence", { target: window, detail })
  }

  #tellReceipts() {
    const markers = [...this.markers].filter(([id]) => this.members.has(id))
    this.dispatch("receipts", { target: window, detail: { markers } })
  }

  #tellRights() {
    const detail = { canSend: this.canSendValue, canDelete: this.canDeleteValue }
    this.dispatch("canSend", { target: window, detail })
  }

  #setMembers(ids) {
    this.members = new Set(ids)
    this.tellPresence()
  }

  #rename(name) {
    this.titleTarget.textContent = name
    paintAvatar(this.avatarTarget, name, this.idValue)
  }

  #end(title, text, link, label) {
    if (this.over) return
    this.over = true
    this.pause()
    this.endedTitleTarget.textContent = title
    this.endedTextTarget.textContent = text
    if (link) this.endedLinkTarget.href = link
    if (label) this.endedLinkTarget.textContent = label
    this.endedTarget.hidden = false
    this.dispatch("connection", { target: window, detail: { state: "ended" } })
    this.dispatch("ended", { target: window })
  }
}
