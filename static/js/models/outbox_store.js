import { keep } from "helpers/written.js"

/**
 * The unsent messages of a chat in local storage, which all pages of the app share: one item an entry, under
 * `outbox:<user>:<chat>:<client_id>`.
 */
export class OutboxStore {
  #kept = new Set() // ids of those that were in the storage when it was last read or written

  constructor(userId, chatId) {
    this.prefix = `outbox:${userId}:${chatId}:`
  }

  /** The ids of the chats with unsent messages of this user. */
  static chatsOf(userId) {
    return new Set(keysOf(userId).map(([, , chatId]) => chatId))
  }

  /** The messages of a user that could not be sent, of all chats, in the order of their writing. */
  static failedOf(userId) {
    const entries = keysOf(userId).map((key) => ({ chat_id: key[2], ...JSON.parse(localStorage.getItem(key.join(":"))) }))
    return entries.filter(({ state }) => state === "failed").sort(byTime)
  }

  keep(entry) {
    try {
      keep(localStorage, this.prefix + entry.client_id, JSON.stringify(entry))
      this.#kept.add(entry.client_id)
    } catch {
      // Storage is full or forbidden: the message is sent, but lost by a reload.
    }
  }

  drop(clientId) {
    localStorage.removeItem(this.prefix + clientId)
    this.#kept.delete(clientId)
  }

  /** The entries in the order of their writing: those in the storage, and of `known` those that couldn't be stored. */
  read(known) {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix))
    const stored = keys.map((key) => JSON.parse(localStorage.getItem(key)))
    const others = known.filter(({ client_id }) => !this.#kept.has(client_id))
    this.#kept = new Set(stored.map(({ client_id }) => client_id))
    return [...stored, ...others].sort(byTime)
  }
}

/** The time of an entry written now: after all others, by which they are sorted, though a clock may be set back. */
export function timeAfter(entries) {
  const latest = Math.max(0, ...entries.map(({ created_at }) => Date.parse(created_at) + 1))
  return new Date(Math.max(Date.now(), latest)).toISOString()
}

/** The parts of the keys of all entries of a user. */
function keysOf(userId) {
  const keys = Object.keys(localStorage).map((key) => key.split(":"))
  return keys.filter(([kind, owner]) => kind === "outbox" && owner === String(userId))
}

function byTime(one, other) {
  return one.created_at.localeCompare(other.created_at)
}
