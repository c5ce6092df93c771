const NOTHING = { reply_count: 0, last_seq: 0, last_reply_at: null, rev: 0 }

/**
 * How many replies a thread has: as the server counted them at some moment (`thread` of a message, docs/events.md), and
 * those that have arrived since then.
 */
export class ThreadState {
  #counted
  #later = new Map() // by id; of replies that were sent after the count

  constructor(counted) {
    this.#counted = { ...NOTHING, ...counted }
  }

  /** Take a reply that has arrived, new or changed; one that is deleted says how many are left. */
  take({ id, seq, created_at, deleted_at, thread }) {
    if (thread) this.replace(thread)
    if (deleted_at) this.#later.delete(id)
    else if (seq > this.#counted.last_seq) this.#later.set(id, { seq, created_at })
  }

  /** Take another count, unless it is older. */
  replace(counted) {
    const { last_seq, rev } = this.#counted
    const isOlder = counted.last_seq < last_seq || (counted.last_seq === last_seq && counted.rev < rev)
    if (isOlder) return
    this.#counted = counted
    for (const [id, { seq }] of this.#later) if (seq <= counted.last_seq) this.#later.delete(id)
  }

  get count() {
    return this.#counted.reply_count + this.#later.size
  }

  /** When the last reply was sent. */
  get lastAt() {
    const times = [...this.#later.values()].map(({ created_at }) => created_at)
    return times.sort().at(-1) ?? this.#counted.last_reply_at
  }
}

export function repliesText(count) {
  return count === 1 ? "1 reply" : `${count} replies`
}
