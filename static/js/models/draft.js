/** What is being written in a chat, kept over a reload of this tab. */
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
