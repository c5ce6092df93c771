import { isolate, shown } from "helpers/text.js"

const TOO_FAST = "You are sending too fast. What waits is sent automatically."

/** What the composer says above its field: which message is edited or replied to, and why something wasn't sent. */
export class ComposerNotes {
  #mode
  #title
  #text
  #error
  #isSlowed = false

  /** The elements are targets of templates/chats/_composer.html. */
  constructor(mode, modeTitle, modeText, error) {
    this.#mode = mode
    this.#title = modeTitle
    this.#text = modeText
    this.#error = error
  }

  /** Show which message is edited or replied to, if any (writing.js). */
  showMode({ editing, replying }) {
    const message = editing ?? replying
    this.#mode.hidden = !message
    this.#text.textContent = message ? shown(message.content) : ""
    if (message) this.#title.textContent = editing ? "Edit your message" : `Reply to ${isolate(message.sender_name)}`
  }

  /** Show why something wasn't sent or saved; "" shows nothing. */
  showError(text) {
    this.#error.textContent = text
    this.#error.hidden = !text
  }

  /** A rate limit was hit. */
  slowed() {
    this.#isSlowed = true
    this.showError(TOO_FAST)
  }

  /** Nothing waits to be sent. */
  emptied() {
    if (this.#isSlowed) this.showError("")
    this.#isSlowed = false
  }
}
