import { makeItem, showCurrent, showName, showNothing, showPreview, showTime, showUnread } from "models/chat_item.js"
import { noteDeleted, noteRead, takeUnread, unreadOf } from "models/unread.js"
import { noteMentions, replaceMentions, showMentioned, unreadMentions } from "models/unread_mentions.js"

/** The items of the chat list, in the order of their chats' latest messages: the latest first. */
export class ChatItems {
  #list
  #template
  #userId
  #onCount

  /**
   * `list`, `template`: targets of templates/chats/_sidebar.html; `counted` is called after the unread
   * messages of a chat were counted.
   */
  constructor(list, template, userId, counted) {
    this.#list = list
    this.#template = template
    this.#userId = userId
    this.#onCount = counted
    this.showTimes()
  }

  showTimes() {
    for (const item of this.all) showTime(item)
  }

  get all() {
    return [...this.#list.children]
  }

  /** How many messages are unread. `isFollowed`: the reader sees what arrives in the open chat. */
  unread(isFollowed) {
    const current = this.current && this.find(this.current)
    current?.classList.toggle("chat-item--behind", !isFollowed)
    return this.#counted(isFollowed).reduce((sum, item) => sum + unreadOf(item), 0)
  }

  /** Whether some of those mention the user. */
  hasMentions(isFollowed) {
    return this.#counted(isFollowed).some((item) => item.matches(".chat-item--mentioned"))
  }

  /** The numbers of the unread messages of the open chat that mention the user. */
  get currentMentions() {
    const item = this.current && this.find(this.current)
    return item ? unreadMentions(item) : []
  }

  #counted(isFollowed) {
    const current = isFollowed && this.current && this.find(this.current)
    return this.all.filter((item) => item !== current)
  }

  find(id) {
    return this.#list.querySelector(`[data-id="${CSS.escape(id)}"]`)
  }

  /** Show a chat as the API describes it; returns its item. */
  put(chat) {
    const item = this.find(chat.id) ?? this.#add(chat)
    const before = Number(item.dataset.seq)
    item.dataset.seq = Math.max(before, chat.last_seq)
    takeUnread(item, chat)
    replaceMentions(item, chat)
    showName(item, chat.name)
    if (chat.last_message && chat.last_seq >= before) showPreview(item, chat.last_message, this.#userId)
    const isPlaced = Date.parse(item.dataset.at) >= Date.parse(chat.last_message_at)
    if (!isPlaced) this.#place(item, chat.last_message_at)
    this.#showUnread(item)
    return item
  }

  #add(chat) {
    const item = makeItem(this.#template, chat, this.#userId)
    this.#list.prepend(item)
    this.#mark(item)
    return item
  }

  /** Whether a chat is listed that is the private one with this person. */
  isWith(id, userId) {
    return Number(id && this.find(id)?.dataset.otherId) === userId
  }

  remove(id) {
    this.find(id)?.remove()
  }

  rename(id, name) {
    const item = this.find(id)
    if (item) showName(item, name)
  }

  /** Show the latest message of a chat, unless a later one is shown. */
  act({ chat_id, seq, sender_id, sender_name, preview, created_at, deleted_at }) {
    const item = this.find(chat_id)
    if (!item || seq < Number(item.dataset.seq)) return
    const isNew = seq > Number(item.dataset.seq)
    item.dataset.seq = seq
    showPreview(item, { sender_id, sender_name, content: preview, deleted_at }, this.#userId)
    if (isNew) this.#place(item, created_at)
    this.#showUnread(item)
  }

  /** A message mentions these people, and nobody else any more. */
  mention(message) {
    const item = this.find(message.chat_id)
    if (item && noteMentions(item, message, this.#userId)) this.#showUnread(item)
  }

  /** A message was edited or deleted: show it, if it is the latest of its chat. */
  change(message) {
    const item = this.find(message.chat_id)
    if (item && message.seq >= Number(item.dataset.seq)) showPreview(item, message, this.#userId)
  }

  /** The user has read a chat up to this message. */
  read({ chat_id, seq }) {
    const item = this.find(chat_id)
    if (!item) return
    noteRead(item, seq)
    this.#showUnread(item)
  }

  /** A message was deleted, which may have been unread. */
  deleted({ chat_id, seq }) {
    const item = this.find(chat_id)
    if (!item) return
    noteDeleted(item, [seq])
    this.#showUnread(item)
  }

  /** The user has cleared a chat for themselves: they read what comes after this `seq`. */
  clear({ chat_id, since_seq }) {
    const item = this.find(chat_id)
    if (!item) return
    if (Number(item.dataset.seq) <= since_seq) showNothing(item)
    this.read({ chat_id, seq: since_seq })
  }

  /** The user has sent this message: it is read, if nothing was unread before it. */
  sent({ chat_id, seq }) {
    if (Number(this.find(chat_id)?.dataset.marker) === seq - 1) this.read({ chat_id, seq })
  }

  /** Move an item to where the time of its latest message puts it. */
  #place(item, at) {
    item.dataset.at = at
    showTime(item)
    const time = Date.parse(at)
    const isOlder = (other) => other !== item && !(Date.parse(other.dataset.at) > time)
    const next = this.all.find(isOlder) ?? null
    if (item.nextElementSibling !== next) this.#list.insertBefore(item, next)
  }

  /** The chat with this id is open; if none is, the one that was is in sight. */
  open(id) {
    if (!id) this.reveal(this.current)
    this.current = id
    for (const item of this.all) this.#mark(item)
  }

  /** Scroll the item of a chat into sight. */
  reveal(id) {
    if (id) this.find(id)?.scrollIntoView({ block: "nearest" })
  }

  #showUnread(item) {
    showUnread(item)
    showMentioned(item)
    this.#onCount()
  }

  #mark(item) {
    showCurrent(item, item.dataset.id === this.current)
  }
}
