import { Seen } from "models/seen.js"

/**
 * How far the user has read the open chat: what they see is reported to the server, unless they have marked the chat as
 * unread meanwhile. Events: `read` (detail: {seq}), `unread` (detail: {seq}: from this one on).
 */
export class Reading extends EventTarget {
  #socket
  #state
  #seen
  #unreadFrom // the `seq` from which on the user has marked the chat as unread; 0: they haven't
  #isHeld = false // they have done so while this page was open: it counts as read when they come again

  constructor(socket, state, unreadFrom) {
    super()
    this.#socket = socket
    this.#state = state
    this.#unreadFrom = unreadFrom
    this.#seen = new Seen((message) => socket.send("message_read", { message_id: message }))
  }

  /** The user has seen this message. */
  see({ id, seq }) {
    const endsMark = this.#unreadFrom && seq >= this.#unreadFrom
    const isKnown = (seq <= this.#state.ownMarker && !endsMark) || this.#seen.covers(seq)
    if (!this.#socket.isOpen || this.#isHeld || isKnown) return
    this.#tell("read", { seq })
    this.#seen.tell({ id, seq })
  }

  /** The user's marker has moved, perhaps by another tab. */
  moved(seq) {
    if (!this.#unreadFrom) this.#tell("read", { seq })
  }

  /** The user has marked the chat as unread from a `seq` on, or not any more (null). */
  mark(unreadFrom) {
    this.#unreadFrom = unreadFrom ?? 0
    this.#isHeld = unreadFrom !== null
    if (this.#isHeld) this.#tell("unread", { seq: unreadFrom })
  }

  /** The server takes no report for some seconds. */
  retryAfter(seconds) {
    this.#seen.retryAfter(seconds, this.#state.ownMarker)
  }

  /** Report at once what waits. */
  flush() {
    this.#seen.flush()
  }

  /** The connection is lost. */
  reset() {
    this.#seen.reset()
  }

  stop() {
    this.#seen.stop()
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
