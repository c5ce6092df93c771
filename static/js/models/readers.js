import { protocol } from "helpers/protocol.js"

const NAMED = protocol.readers_named // of a message

/** How far members have read; finds the readers of a message by binary search. */
export class Readers {
  #ranked

  /** `markers`: pairs of a user's id and the `seq` up to which they have read. */
  constructor(markers = []) {
    this.#ranked = markers.toSorted(([id, seq], [other, its]) => its - seq || id - other)
  }

  /** How many have read the message with this `seq`, and the ids of those who have read furthest, the earliest accounts first. */
  of(seq) {
    let [low, high] = [0, this.#ranked.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#ranked[middle][1] >= seq) low = middle + 1
      else high = middle
    }
    const shown = this.#ranked.slice(0, low > NAMED ? NAMED - 1 : low)
    return { count: low, ids: shown.map(([id]) => id) }
  }
}
