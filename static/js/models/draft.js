import { keep } from "helpers/written.js"

/** The text being written in a chat; survives a reload of the tab, until the sign-out. */
export class Draft {
  #key

  constructor(userId, chatId) {
    this.#key = `draft:${userId}:${chatId}`
  }

  get content() {
    return sessionStorage.getItem(this.#key) ?? ""
  }

  keep(content) {
    keep(sessionStorage, this.#key, content)
  }

  forget() {
    sessionStorage.removeItem(this.#key)
  }
}
