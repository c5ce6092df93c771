/**
 * The messages of others that have arrived and that the reader hasn't seen, with the unread line above the first of
 * them. Event: `counted` (there are more of them, or none any more).
 */
export class Unseen extends EventTarget {
  #log
  #userId
  #seen = 0 // the highest `seq` that the reader has seen
  #seqs = [] // of those that they haven't

  constructor(log, userId) {
    super()
    this.#log = log
    this.#userId = userId
  }

  /** How many there are. */
  get size() {
    return this.#seqs.length
  }

  /** A message has arrived. */
  count({ seq, sender_id, edited_at, deleted_at }) {
    if (sender_id === this.#userId || edited_at || deleted_at) return
    this.#seqs.push(seq)
    if (this.#log.unreadFrom <= this.#seen) this.#log.divideUnread(seq)
    this.#tell()
  }

  /** The reader has seen the messages up to this `seq`. */
  seen(seq) {
    this.#seen = Math.max(this.#seen, seq)
    this.#seqs = this.#seqs.filter((each) => each > seq)
  }

  /** The reader has come to the newest message. */
  seenAll() {
    if (!this.size) return
    this.#seqs = []
    this.#tell()
  }

  #tell() {
    this.dispatchEvent(new Event("counted"))
  }
}
