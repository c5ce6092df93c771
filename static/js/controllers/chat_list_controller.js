import { Controller } from "@hotwired/stimulus"
import { api } from "helpers/api.js"
import { onNewDay } from "helpers/dates.js"
import { after, inNextFrame } from "helpers/frames.js"
import { protocol } from "helpers/protocol.js"
import { forget } from "helpers/written.js"
import { ChatItems } from "models/chat_items.js"
import { LatestActivity } from "models/latest_activity.js"
import { Meanwhile } from "models/meanwhile.js"
import { people } from "models/people.js"
import { LiveSocket } from "models/socket.js"
import { TabTitle } from "models/tab_title.js"

const CHAT = /^\/chats\/([0-9a-f-]{36})\// // the path of a page of a chat
const NAMES_KEPT = 1500 // milliseconds after which the API tells no former name any more: users/names.py
const AT_ONCE = 10 // chats shown before input is handled again

/** The chat list: previews, order and unread counts of all chats, live. */
export default class extends Controller {
  static targets = ["list", "empty", "more", "ended", "template"]
  static values = { userId: Number, blocked: Array }

  initialize() {
    people.loadBlocked(this.blockedValue)
    this.meanwhile = new Meanwhile((frame) => this.#receive(frame))
    this.activity = new LatestActivity((activity) => this.#active(activity))
    this.countSoon = inNextFrame(() => this.#count())
    this.refreshSoon = after(NAMES_KEPT, () => this.refresh())
  }

  connect() {
    this.items = new ChatItems(this.listTarget, this.templateTarget, this.userIdValue, this.countSoon)
    this.title = new TabTitle(this.items)
    document.addEventListener("visibilitychange", this.countSoon)
    this.endDays = onNewDay(() => this.items.showTimes())
    this.socket = new LiveSocket("/api/v1/users/me")
    this.socket.addEventListener("frame", ({ detail }) => this.meanwhile.take(detail))
    // A refused handshake doesn't say why: the API does.
    this.socket.addEventListener("failed", () => navigator.onLine && this.#checkSignIn())
    this.socket.addEventListener("ended", () => this.#end())
    this.socket.open()
    this.turn()
    this.items.reveal(this.items.current)
  }

  /** The page beside the list is another one. */
  turn() {
    this.title.turn()
    const id = CHAT.exec(location.pathname)?.[1]
    this.items.open(id)
    this.#count()
    if (id && !this.items.find(id)) this.#list(id)
  }

  /** Show a chat in the list that is further down than the list goes. */
  async #list(id) {
    if (await this.#load(id)) this.items.reveal(this.items.current)
  }

  disconnect() {
    this.endDays()
    document.removeEventListener("visibilitychange", this.countSoon)
    this.pause()
  }

  pause() {
    this.socket.close()
  }

  resume() {
    if (!this.over) this.socket.open()
  }

  #receive({ type, data }) {
    if (type === "chat_activity") this.#note(data)
    else if (type === "mentions_changed") this.items.mention(data)
    else if (type === "message_read" && data.user_id === this.userIdValue) this.items.read(data)
    else if (type === "message_deleted") this.items.deleted(data)
    else if (type === "chat_added") this.#load(data.chat_id)
    else if (type === "chat_unread") this.#load(data.chat_id)
    else if (type === "chat_cleared") this.items.clear(data)
    else if (type === "block_changed") this.#blockChanged(data)
    else if (type === "watching") this.#watching(data)
    else if (type === "chat_removed") this.#remove(data.chat_id)
    else if (type === "chat_updated" && data.name) this.#rename(data.chat_id, data.name)
    else if (type === "user_renamed") this.#personRenamed(data)
  }

  #personRenamed({ chat_id, user_id, name }) {
    if (this.items.isWith(chat_id, user_id)) this.#rename(chat_id, name)
    if (user_id === this.userIdValue) this.dispatch("renamed", { detail: { name } })
    this.refreshSoon() // for the previews, whose senders the list doesn't know
  }

  #blockChanged({ user_id, is_blocked }) {
    people.setBlocked(user_id, is_blocked)
    this.dispatch("blocked", { target: window, detail: { user_id } })
    this.refresh()
  }

  /** Events arrive from here on; ask for what happened before. */
  #watching({ user_id, last_seqs }) {
    if (user_id !== this.userIdValue) {
      this.#end() // somebody else signed in, in another tab
      return
    }
    for (const { dataset } of this.items.all) if (!(dataset.id in last_seqs)) this.#remove(dataset.id)
    this.refresh()
  }

  /** Ask for what may have changed without an event. */
  refresh() {
    return this.meanwhile.during(this.#refresh())
  }

  async #refresh() {
    const found = await api("GET", `/api/v1/chats/?limit=${protocol.chats_listed}`).catch(() => null)
    for (const [index, chat] of (found?.results.reverse() ?? []).entries()) {
      if (index % AT_ONCE === 0) await new Promise((done) => setTimeout(done))
      this.#put(chat)
    }
    if (found && this.hasMoreTarget) this.moreTarget.hidden = found.count <= this.items.all.length
  }

  async #checkSignIn() {
    const user = await api("GET", "/api/v1/users/me").catch((error) => error.signedOut && { id: null })
    if (user && user.id !== this.userIdValue) this.#end()
  }

  /** The user is signed out: say so, unless the open chat does. */
  #end() {
    this.over = true
    forget()
    this.pause()
    this.endedTarget.hidden = Boolean(document.querySelector(".chat"))
  }

  read({ detail }) {
    this.items.read(detail)
  }

  /** The last message of the open chat may have been edited or deleted. */
  changed({ detail }) {
    if (detail.edited_at || detail.deleted_at) this.items.change(detail)
  }

  #note(data) {
    if (data.sender_id === this.userIdValue) this.items.sent(data)
    this.items.mention(data)
    this.activity.take(data)
  }

  async #active(data) {
    if (!this.items.find(data.chat_id)) await this.#load(data.chat_id)
    this.items.act(data)
  }

  #load(id) {
    const chat = api("GET", `/api/v1/chats/${id}`)
    return this.meanwhile.during(chat.then((found) => this.#put(found), () => null))
  }

  /** Show a chat as the API describes it. */
  #put(chat) {
    const item = this.items.put(chat)
    this.emptyTarget.hidden = true
    this.#renamed(chat)
    return item
  }

  #remove(id) {
    this.items.remove(id)
    this.dispatch("removed", { target: window })
    this.emptyTarget.hidden = this.items.all.length > 0
    this.countSoon()
  }

  #rename(id, name) {
    this.items.rename(id, name)
    this.#renamed({ id, name })
  }

  /** The title of the tab may have the chat's name. */
  #renamed(chat) {
    this.title.rename(chat)
    this.countSoon()
  }

  /** The reader has come to another place of the open chat. */
  moved() {
    this.countSoon()
  }

  /** Show how many messages are unread. */
  #count() {
    this.title.count()
    const { current: id, currentMentions: seqs } = this.items
    this.dispatch("mentions", { target: window, detail: { id, seqs } })
  }
}
