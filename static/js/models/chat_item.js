import { fullText, listTime, showMoment } from "helpers/dates.js"
import { paintAvatar } from "helpers/names.js"
import { protocol } from "helpers/protocol.js"
import { isolate } from "helpers/text.js"
import { people } from "models/people.js"
import { unreadOf } from "models/unread.js"

const part = (item, name) => item.querySelector(`[data-part="${name}"]`)

/** A new item of the chat list, from a chat of the API and the template of _chat_item.html. */
export function makeItem(template, { id, is_group, member_ids }, userId) {
  const item = template.content.firstElementChild.cloneNode(true)
  Object.assign(item.dataset, { id, isGroup: is_group })
  item.querySelector("a").href = `/chats/${id}/`
  part(item, "avatar").classList.toggle("avatar--group", is_group)
  if (!is_group) item.dataset.otherId = member_ids.find((each) => each !== userId)
  showNothing(item)
  return item
}

/** Show that there is no message. */
export function showNothing(item) {
  part(item, "preview").textContent = "No messages yet"
}

export function showName(item, name) {
  const title = part(item, "title")
  if (title.textContent === name) return
  title.textContent = name
  paintAvatar(part(item, "avatar"), name, Number(item.dataset.otherId) || item.dataset.id)
}

/** Show whether it is the chat that is open. */
export function showCurrent(item, isCurrent) {
  item.classList.toggle("chat-item--current", isCurrent)
  item.querySelector("a").ariaCurrent = isCurrent ? "page" : null
}

/** Show when its latest message was sent, in the reader's time zone. */
export function showTime(item) {
  const { at } = item.dataset
  const date = at && new Date(at)
  if (at) showMoment(part(item, "time"), at, listTime(date), fullText(date))
}

/** Show the start of its latest message. */
export function showPreview(item, { sender_id, sender_name, content, deleted_at }, userId) {
  const isGroup = item.dataset.isGroup === "true"
  const who = () => (sender_id === userId ? "You: " : isGroup ? `${isolate(sender_name)}: ` : "")
  const isFolded = isGroup && people.isBlocked(sender_id)
  const told = () => (isFolded ? "Message from somebody you blocked" : who() + isolate(content))
  const text = deleted_at || !content ? "Message deleted" : told()
  const preview = part(item, "preview")
  if (preview.textContent !== text) preview.textContent = text
}

/** Show how many of its messages are unread. */
export function showUnread(item) {
  const unread = unreadOf(item)
  part(item, "count").textContent = unread > protocol.most_unread ? `${protocol.most_unread}+` : unread
  part(item, "unread").hidden = !unread
  item.classList.toggle("chat-item--unread", unread > 0)
}
