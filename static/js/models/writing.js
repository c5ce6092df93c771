import { plural } from "helpers/names.js"
import { isBlank } from "helpers/text.js"
import { Draft } from "models/draft.js"

/**
 * What is being written in a chat, kept as a draft: a message, perhaps a reply (`replying`: to which one), or
 * an edit (`editing`: of which one), which sets the message aside until it ends.
 */
export class Writing {
  #draft
  #aside = null // the `content` and `reply` of the message that the edit has interrupted
  replying = null
  editing = null

  /** `thread`: the id of its root, for what is written in one. */
  constructor(userId, chatId, thread) {
    this.#draft = new Draft(userId, thread ? `${chatId}:${thread}` : chatId)
  }

  /** What was kept: `content`, `reply`, `edit`. */
  read() {
    return this.#draft.read()
  }

  /** Keep the text so far, and what it belongs to. */
  keep(content) {
    if (!this.editing) this.#draft.keep({ content, reply: this.replying })
    else this.#draft.keep({ ...this.#aside, edit: { ...this.editing, text: content } })
  }

  reply({ id, root_id, sender_id, sender_name, content }) {
    this.replying = { id, root_id, sender_id, sender_name, content }
  }

  /** Somebody is called something else; returns whether it is who is answered. */
  renamed({ user_id, name }) {
    const answered = [this.replying, this.#aside?.reply].filter((reply) => reply?.sender_id === user_id)
    for (const reply of answered) reply.sender_name = name
    return answered.length > 0
  }

  /** Begin the edit of a message; the text so far is set aside. */
  edit(message, content) {
    if (!this.editing) this.#aside = { content, reply: this.replying }
    this.replying = null
    this.editing = message
  }

  /** End the edit; returns the text that it interrupted. */
  endEdit() {
    this.editing = null
    this.replying = this.#aside.reply
    return this.#aside.content
  }

  /** What is written belongs to no message any more. */
  detach() {
    this.editing = this.replying = null
  }

  /** It is sent: the message and its reply are over. */
  sent() {
    this.#draft.forget()
    this.detach()
  }

  /** Why a text can't be sent or saved (`most`: characters); "" if it can, or if there is nothing to say. */
  refusal(content, most) {
    const isMeant = this.editing || content.trim()
    if (isBlank(content)) return isMeant ? "There is nothing to see in this message." : ""
    const surplus = [...content].length - most
    return surplus > 0 ? `This is ${plural(surplus, "character")} too long: ${most} is the most.` : ""
  }

  /** Whether a `storage` event says that another tab has sent or discarded it. */
  isGone(event) {
    return this.#draft.isGone(event)
  }

  /** A message is deleted; returns whether it is the one that is edited or replied to. */
  deleted(id) {
    if (this.editing && this.#aside.reply?.id === id) this.#aside.reply = null
    return [this.editing?.id, this.replying?.id].includes(id)
  }
}
