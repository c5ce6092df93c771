import { showCurrent, showTime } from "models/chat_item.js"

/** The items of the chat list, in the order of their chats' latest messages: the latest first. */
export class ChatItems {
  #list

  constructor(list) {
    this.#list = list
    this.showTimes()
  }

  showTimes() {
    for (const item of this.all) showTime(item)
  }

  get all() {
    return [...this.#list.children]
  }

  find(id) {
    return this.#list.querySelector(`[data-id="${CSS.escape(id)}"]`)
  }

  add(item) {
    this.#list.prepend(item)
    this.#mark(item)
  }

  /** Move an item to where the time of its latest message puts it. */
  place(item, at) {
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

  #mark(item) {
    showCurrent(item, item.dataset.id === this.current)
  }
}
