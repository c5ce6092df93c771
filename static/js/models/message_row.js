import { fullText, showMoment, timeText } from "helpers/dates.js"
import { markOwn, plainText } from "helpers/markup.js"
import { hue, paintAvatar } from "helpers/names.js"
import { threadOf } from "helpers/rows.js"
import { equip, showContent } from "models/content.js"
import { fillFiles, namesOf } from "models/file_list.js"
import { fillLinkPreviews } from "models/link_previews.js"
import { people } from "models/people.js"
import { part, RowParts } from "models/row_parts.js"
import { fillPhoto } from "models/row_photo.js"
import { RowQuotes } from "models/row_quotes.js"
import { RowReactions } from "models/row_reactions.js"
import { RowStatus } from "models/row_status.js"
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
    this.quotes = new RowQuotes(this.#parts, isGroup)
    this.status = new RowStatus(this.#parts)
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
    const { photo, attachments: files, link_previews: previews, is_streaming } = message
    this.#identify(row, message)
    this.#classify(row, message)
    this.#parts.keep(row, "status", message.sender_id === this.#userId)
    this.#parts.keep(row, "stop", is_streaming)
    this.#fillSender(row, message)
    this.fold(row)
    this.quotes.fill(row, message)
    fillPhoto(this.#parts.keep(row, "photo", photo), message)
    fillFiles(this.#parts.keep(row, "files", files?.length), row, message)
    this.#fillContent(row, message)
    fillLinkPreviews(this.#parts.keep(row, "link-previews", previews?.length), row, message)
    this.threads.fill(row, message)
    this.pin(row, message)
    this.reactions.fill(row, message)
    showTime(row)
  }

  /** Say which message it is. */
  #identify(row, { id, seq, rev, root_id, client_id, sender_id, created_at }) {
    Object.assign(row.dataset, { id: id ?? "", seq: seq ?? "", rev: rev ?? 0, senderId: sender_id, createdAt: created_at })
    if (root_id) row.dataset.rootId = root_id
    if (client_id) row.dataset.clientId = client_id
    row.id = id ? `${this.#prefix}message-${id}` : ""
    nameRow(row, `${this.#prefix}bubble-${id ?? client_id}`)
  }

  /** Say what kind of message it is: the classes of _message.html. */
  #classify(row, { sender_id, reply, deleted_at, is_streaming, is_few_emoji }) {
    const kinds = {
      own: sender_id === this.#userId,
      deleted: deleted_at,
      streaming: is_streaming,
      asked: !deleted_at && reply?.sender_id === this.#userId,
      "few-emoji": is_few_emoji,
    }
    for (const [kind, holds] of Object.entries(kinds)) row.classList.toggle(`message--${kind}`, Boolean(holds))
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

  #fillSender(row, { sender_id, sender_name }) {
    const name = sender_name || people.name(sender_id)
    const isBot = people.isBot(sender_id)
    showSender(row, name, sender_id)
    part(row, "sender-line").className = `message__sender hue--${hue(sender_id)}`
    row.classList.toggle("message--bot", isBot)
    this.#parts.keep(row, "bot", isBot)
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

  /** Add the button that unfolds a long text, or remove it. */
  offerMore(row, isLong) {
    this.#parts.keep(row, "more", isLong)
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
