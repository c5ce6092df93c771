import { ApiError, api } from "helpers/api.js"
import { usedEmoji } from "models/kept_emoji.js"

/**
 * Adds and takes away one's own reactions: shown at once, and taken back if the server refuses. What is
 * pressed while another change of it is on its way is sent after that.
 */
export class OwnReactions {
  #url
  #wanted = new Map() // by message and emoji: whether it is there in the end
  #show
  #stored
  #failed

  /** `url`: of the messages; `show({id, emoji, isAdded})`, `stored(message)` and `failed(error, text)` are called. */
  constructor(url, { show, stored, failed }) {
    this.#url = url
    this.#show = show
    this.#stored = stored
    this.#failed = failed
  }

  async change(id, emoji, isAdded) {
    const key = `${id} ${emoji}`
    const isSending = this.#wanted.has(key)
    this.#wanted.set(key, isAdded)
    this.#show({ id, emoji, isAdded })
    if (isAdded) usedEmoji(emoji)
    if (!isSending) await this.#sendAll(key, id, emoji)
  }

  async #sendAll(key, id, emoji) {
    let sent
    try {
      while (sent !== this.#wanted.get(key)) {
        sent = this.#wanted.get(key)
        await this.#send(id, emoji, sent)
      }
    } catch (error) {
      this.#show({ id, emoji, isAdded: !sent })
      this.#failed(error, error instanceof ApiError ? error.message : "Nobody answers. Are you online?")
    } finally {
      this.#wanted.delete(key)
    }
  }

  async #send(id, emoji, isAdded) {
    const url = `${this.#url}/${id}/reactions`
    if (isAdded) this.#stored(await api("POST", url, { emoji }))
    else await api("DELETE", `${url}/${encodeURIComponent(emoji)}`)
  }
}
