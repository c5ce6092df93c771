import { fullText, showMoment, timeText } from "helpers/dates.js"
import { markOwn, nodesOf, plainText } from "helpers/markup.js"
import { hue, nameList, paintAvatar } from "helpers/names.js"
import { protocol } from "helpers/protocol.js"
import { threadOf } from "helpers/rows.js"
import { cut, shown } from "helpers/text.js"
import { equip, showContent } from "models/content.js"
import { fillFiles, namesOf } from "models/file_list.js"
import { fillLinkPreviews } from "models/link_previews.js"
import { people } from "models/people.js"
import { part, RowParts } from "models/row_parts.js"
import { RowReactions } from "models/row_reactions.js"
import { RowThreads } from "models/row_threads.js"

/** Makes and fills the rows of templates/chats/_message.html. */
export class MessageRows {
  #parts
  #userId
  #isGroup
  #prefix

  /** `prefix`: of the ids of rows, where a page may have two of a message. */
  constructor(template, userId, isGroup = false, prefix = "") {
    this.#parts = new RowParts(template)
    this.threads = new RowThreads(this.#parts)
    this.reactions = new RowReactions(this.#parts, userId)
    this.#prefix = prefix
    this.#userId = userId
    this.#isGroup = isGroup
  }

  make(message) {
    const row = this.#parts.make()
    this.fill(row, message)
    return row
  }

  /** Show a message in a row. */
  fill(row, message) {
    Object.assign(row.dataset, {
      id: message.id ?? "",
      seq: message.seq ?? "",
      rev: message.rev ?? 0,
      senderId: message.sender_id,
      createdAt: message.created_at,
    })
    if (message.root_id) row.dataset.rootId = message.root_id
    row.id = message.id ? `${this.#prefix}message-${message.id}` : ""
    nameRow(row, `${this.#prefix}bubble-${message.id ?? message.client_id}`)
    if (message.client_id) row.dataset.clientId = message.client_id
    const own = message.sender_id === this.#userId
    row.classList.toggle("message--own", own)
    row.classList.toggle("message--deleted", Boolean(message.deleted_at))
    this.#parts.keep(row, "status", own)
    row.classList.toggle("message--streaming", Boolean(message.is_streaming))
    row.classList.toggle("message--asked", !message.deleted_at && message.reply?.sender_id === this.#userId)
    this.#parts.keep(row, "stop", message.is_streaming)
    this.#fillSender(row, message)
    this.fold(row)
    this.#fillQuote(row, message)
    this.#fillPhoto(row, message)
    fillFiles(this.#parts.keep(row, "files", message.attachments?.length), row, message)
    this.#fillContent(row, message)
    fillLinkPreviews(this.#parts.keep(row, "link-previews", message.link_previews?.length), row, message)
    this.threads.fill(row, message)
    this.pin(row, message)
    this.reactions.fill(row, message)
    showTime(row)
  }

  /** Show that a message is pinned, or isn't. */
  pin(row, { pinned_at }) {
    this.#parts.keep(row, "pinned", pinned_at)
  }

  /** Fold the message of somebody whom the user blocks, or unfold that of anybody else. */
  fold(row) {
    const isBlocked = people.isBlocked(Number(row.dataset.senderId))
    this.#parts.keep(row, "fold", this.#isGroup && isBlocked && !row.matches(".message--deleted"))
  }

  /** Fold a quote of somebody whom the user blocks, or unfold that of anybody else. */
  foldQuote(quote) {
    const isBlocked = people.isBlocked(Number(quote.dataset.senderId))
    quote.classList.toggle("quote--folded", this.#isGroup && isBlocked)
  }

  #fillSender(row, { sender_id, sender_name }) {
    const name = sender_name || people.name(sender_id)
    const isBot = people.isBot(sender_id)
    showSender(row, name, sender_id)
    part(row, "sender-line").className = `message__sender hue--${hue(sender_id)}`
    row.classList.toggle("message--bot", isBot)
    this.#parts.keep(row, "bot", isBot)
  }

  #fillQuote(row, { reply, deleted_at }) {
    const quote = this.#parts.keep(row, "quote", reply && !deleted_at)
    if (!quote) return
    quote.href = `?at=${reply.id}#message-${reply.id}`
    showQuotedSender(quote, reply.sender_name)
    quote.dataset.senderId = reply.sender_id
    this.foldQuote(quote)
    showQuoted(quote, { content: reply.content, deleted_at: reply.deleted })
  }

  #fillPhoto(row, { photo }) {
    const figure = this.#parts.keep(row, "photo", photo)
    if (!figure) return
    const image = part(figure, "photo-image")
    image.src = photo.image_url
    image.alt = photo.alt || "Photo"
    setLink(part(figure, "photo-page"), photo.page_url)
    setLink(part(figure, "photo-author"), photo.author_url)
    part(figure, "photo-author").textContent = photo.author
  }

  #fillContent(row, message) {
    const box = part(row, "content")
    showContent(box, message, message.sender_id === this.#userId)
    markOwn(box, this.#userId)
    this.#parts.keep(row, "edited", message.edited_at && !message.deleted_at)
  }

  /** Show what the bot has written of a message until now. */
  progress(row, message) {
    if (row.matches(".message--streaming")) this.#fillContent(row, message)
  }

  /** Show the state of a pending message: "sending", "waiting", "failed"; null once it is stored. */
  showSending(row, state, error) {
    row.classList.toggle("message--pending", state === "sending" || state === "waiting")
    row.classList.toggle("message--failed", state === "failed")
    const failed = this.#parts.keep(row, "failed", state === "failed")
    if (failed) part(failed, "error").textContent = error ? `Not sent. ${error}` : "Not sent."
    const waits = error || "Waiting for a connection"
    if (state) showStatus(row, "clock", state === "waiting" ? waits : "Sending")
  }

  /** Add the button that unfolds a long text, or remove it. */
  offerMore(row, isLong) {
    this.#parts.keep(row, "more", isLong)
  }

  /** Add the buttons of a row. */
  offer(row) {
    this.#parts.give(row, "actions")
  }
}

/** Let a row be called by what is in its bubble. */
function nameRow(row, id) {
  part(row, "bubble").id = id
  row.setAttribute("aria-labelledby", id)
}

/** Show who sent a message. */
export function showSender(row, name, id) {
  part(row, "sender").textContent = name
  paintAvatar(part(row, "avatar"), name, id)
}

/** Show who sent the quoted message. */
export function showQuotedSender(quote, name) {
  part(quote, "quote-sender").textContent = name
}

/** Show in a quote the start of the quoted message. */
export function showQuoted(quote, { content, html, deleted_at }) {
  const text = html ? plainText(nodesOf(html)) : (content ?? "") // of a deleted one there is none
  const start = shown(cut(text, protocol.preview_length))
  part(quote, "quote-content").textContent = deleted_at ? "Message deleted" : start
}

/** Show how many have read the user's own message, and the names of some. */
export function showReaders(row, count, names) {
  row.classList.toggle("message--read", count > 0)
  part(row, "readers").textContent = count
  const text = count ? `Read by ${nameList(names, protocol.readers_named, count)}` : "Sent"
  showStatus(row, count ? "checks" : "check", text)
}

function showStatus(row, icon, text) {
  const status = part(row, "status")
  if (status.title === text) return
  status.title = text
  part(status, "status-icon").setAttribute("href", `#icon-${icon}`)
  part(status, "status-text").textContent = text
}

/** Show the time, in the reader's time zone. */
export function showTime(row) {
  const { createdAt } = row.dataset
  const date = new Date(createdAt)
  showMoment(part(row, "time"), createdAt, timeText(date), fullText(date))
}

/** Add what content has that a script made no row of. */
export function equipContent(row) {
  equip(part(row, "content"))
}

/** What a reply needs of a row. */
export function read(row) {
  return {
    id: row.dataset.id,
    root_id: row.dataset.rootId ?? null,
    thread: threadOf(row),
    sender_id: Number(row.dataset.senderId),
    sender_name: part(row, "sender").textContent.trim(),
    content: plainText(part(row, "content")) || namesOf(row),
  }
}

/** What an edit needs of one's own row: the text as it was written, which a row with markup keeps beside it. */
export function readToEdit(row) {
  const content = part(row, "content")
  return { ...read(row), content: content.dataset.source ?? plainText(content) }
}

function setLink(anchor, address) {
  anchor.href = /^https?:/.test(address) ? address : "#"
}
