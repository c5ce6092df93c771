import { fullText, timeText } from "helpers/dates.js"
import { linkify } from "helpers/linkify.js"
import { nameList, paintAvatar, hue } from "helpers/names.js"
import { people } from "models/people.js"

const part = (row, name) => row.querySelector(`[data-part="${name}"]`)

/** Show a message in a row of templates/chats/_message.html. */
export function fill(row, message, userId) {
  Object.assign(row.dataset, {
    id: message.id ?? "",
    seq: message.seq ?? "",
    rev: message.rev ?? 0,
    senderId: message.sender_id,
    createdAt: message.created_at,
  })
  row.id = message.id ? `message-${message.id}` : ""
  if (message.client_id) row.dataset.clientId = message.client_id
  row.classList.toggle("message--own", message.sender_id === userId)
  row.classList.toggle("message--deleted", Boolean(message.deleted_at))
  fillSender(row, message)
  fillQuote(row, message)
  fillPhoto(row, message)
  fillContent(row, message)
  showTime(row)
}

function fillSender(row, { sender_id, sender_name }) {
  const name = sender_name || people.name(sender_id)
  part(row, "sender").textContent = name
  part(row, "sender-line").className = `message__sender hue--${hue(sender_id)}`
  part(row, "bot").hidden = !people.isBot(sender_id)
  paintAvatar(part(row, "avatar"), name, sender_id)
}

function fillQuote(row, { reply, deleted_at }) {
  const quote = part(row, "quote")
  quote.hidden = !reply || Boolean(deleted_at)
  if (!reply) return
  quote.href = `?at=${reply.id}#message-${reply.id}`
  part(row, "quote-sender").textContent = reply.sender_name
  part(row, "quote-content").textContent = reply.deleted ? "Message deleted" : reply.content
}

function fillPhoto(row, { photo }) {
  part(row, "photo").hidden = !photo
  const image = part(row, "photo-image")
  if (!photo) {
    image.removeAttribute("src")
    return
  }
  image.src = photo.image_url
  image.alt = photo.alt || "Photo"
  setLink(part(row, "photo-page"), photo.page_url)
  setLink(part(row, "photo-author"), photo.author_url)
  part(row, "photo-author").textContent = photo.author
}

function setLink(anchor, address) {
  anchor.href = /^https?:/.test(address) ? address : "#"
}

function fillContent(row, { content, deleted_at, edited_at }) {
  const nodes = deleted_at ? ["This message was deleted."] : linkify(content)
  part(row, "content").replaceChildren(...nodes)
  part(row, "edited").hidden = !edited_at || Boolean(deleted_at)
}

/** The time, in the reader's time zone. */
export function showTime(row) {
  const date = new Date(row.dataset.createdAt)
  const time = part(row, "time")
  time.dateTime = row.dataset.createdAt
  time.textContent = timeText(date)
  time.title = fullText(date)
}

/** How far an unsent message is: "sending", "waiting", "failed"; null once it is stored. */
export function showSending(row, state, error) {
  row.classList.toggle("message--pending", state === "sending" || state === "waiting")
  row.classList.toggle("message--failed", state === "failed")
  part(row, "failed").hidden = state !== "failed"
  part(row, "error").textContent = error ? `Not sent. ${error}` : "Not sent."
  if (state) showStatus(row, state === "waiting" ? "Waiting for a connection" : "Sending")
}

/** Who has read one's own message. */
export function showReaders(row, readers) {
  row.classList.toggle("message--read", readers.length > 0)
  part(row, "readers").textContent = readers.length
  showStatus(row, readers.length ? `Read by ${nameList(readers)}` : "Sent")
}

function showStatus(row, text) {
  part(row, "status").title = text
  part(row, "status-text").textContent = text
}

/** What a row holds, for a reply or an edit. */
export function read(row) {
  return {
    id: row.dataset.id,
    sender_name: part(row, "sender").textContent.trim(),
    content: part(row, "content").textContent,
  }
}
