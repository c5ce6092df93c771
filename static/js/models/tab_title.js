import { showInTab } from "helpers/tab.js"
import { isolate } from "helpers/text.js"

const CHAT = " · Chat" // templates/chats/detail.html

/** The title of the tab: that of the page beside the chat list, and how much of all chats is unread. */
export class TabTitle {
  #items
  #title

  /** `items`: of the chat list (chat_items.js). */
  constructor(items) {
    this.#items = items
    this.turn()
  }

  /** The page is another one. */
  turn() {
    this.#title = document.title
  }

  /** A chat has this name; if it is shown, the page may have it as its title. */
  rename({ id, name }) {
    const isShown = id === this.#items.current && this.#items.find(id)
    if (isShown && this.#title.includes(CHAT)) this.#title = isolate(name) + CHAT
  }

  /** Show how many messages are unread: of the open chat too, while its reader doesn't see what arrives. */
  count() {
    const down = document.querySelector("[data-controller~=newest-link]") // there while newer ones are out of sight
    const isFollowed = !document.hidden && (!down || down.hidden)
    showInTab(this.#title, this.#items.unread(isFollowed), this.#items.hasMentions(isFollowed))
  }
}
