const numbers = (text) => (text ? text.split(" ").map(Number) : [])

/**
 * How much of a chat is unread, as its item in the list knows it: messages after `data-marker` up to
 * `data-seq`, without the deleted ones: those in `data-deleted`, and `data-more-deleted` before them.
 */
export function unreadOf({ dataset }) {
  const [seq, marker] = [Number(dataset.seq), Number(dataset.marker)]
  const deleted = numbers(dataset.deleted).filter((each) => each > marker && each <= seq)
  return Math.max(seq - marker - deleted.length - Number(dataset.moreDeleted ?? 0), 0)
}

/** These messages were deleted, by `seq`. */
export function noteDeleted({ dataset }, seqs) {
  const all = new Set([...numbers(dataset.deleted), ...seqs])
  dataset.deleted = [...all].filter((each) => each > Number(dataset.marker)).join(" ")
}

/** Everything up to this `seq` counts as read. */
export function noteRead(item, seq) {
  const { dataset } = item
  if (seq <= Number(dataset.marker)) return
  if (seq >= Math.min(Number(dataset.seq), ...numbers(dataset.deleted))) dataset.moreDeleted = 0
  dataset.marker = seq
  noteDeleted(item, [])
}

/** Take what the API says of a chat. */
export function takeUnread(item, { last_seq, read_seq, unread_from, unread_count, deleted_seqs }) {
  // Only who has marked messages as unread has read less than before.
  if (unread_from !== null && read_seq < Number(item.dataset.marker)) {
    Object.assign(item.dataset, { marker: read_seq, deleted: "" })
  }
  noteRead(item, read_seq)
  noteDeleted(item, deleted_seqs)
  const more = last_seq - read_seq - unread_count - deleted_seqs.length
  item.dataset.moreDeleted = read_seq < Number(item.dataset.marker) ? 0 : more
}
