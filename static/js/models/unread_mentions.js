import { people } from "models/people.js"

/**
 * The unread messages of a chat that mention the user: their numbers are in `data-mentions` of its item
 * in the chat list, of which the server gives the latest 100.
 */
const numbers = (item) => (item.dataset.mentions || "").split(",").filter(Boolean).map(Number)

/** Take what the API says of a chat; it may not know of messages after `last_seq`. */
export function replaceMentions(item, { unread_mention_seqs, last_seq }) {
  const later = numbers(item).filter((seq) => seq > last_seq && !unread_mention_seqs.includes(seq))
  keep(item, [...unread_mention_seqs, ...later])
}

/** Take whom a message mentions, which is new, or was edited or deleted; whether that is news. */
export function noteMentions(item, message, userId) {
  const { seq } = message
  const known = numbers(item)
  if (known.includes(seq) === mentions(message, userId)) return false
  keep(item, known.includes(seq) ? known.filter((each) => each !== seq) : [...known, seq])
  return true
}

/** The numbers of the messages that mention the user and that they haven't read. */
export function unreadMentions(item) {
  return numbers(item).filter((seq) => seq > Number(item.dataset.marker))
}

/** Show whether the user is mentioned in what they haven't read. */
export function showMentioned(item) {
  const isMentioned = unreadMentions(item).length > 0
  item.querySelector("[data-part=mention]").hidden = !isMentioned
  item.classList.toggle("chat-item--mentioned", isMentioned)
}

function mentions({ sender_id, mention_ids, mentions_all }, userId) {
  const isMeant = mentions_all || mention_ids.includes(userId)
  return isMeant && sender_id !== userId && !people.isBlocked(sender_id)
}

function keep(item, seqs) {
  item.dataset.mentions = seqs.join(",")
}
