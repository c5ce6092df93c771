/** The text being written in a chat; survives a reload of the tab. */
export class Draft {
  #key

  constructor(userId, chatId) {
    this.#key = `draft:${userId}:${chatId}`
  }

  get content() {
    return sessionStorage.getItem(this.#key) ?? ""
  }

  keep(content) {
    sessionStorage.setItem(this.#key, content)
  }

  forget() {
    sessionStorage.removeItem(this.#key)
  }
}
