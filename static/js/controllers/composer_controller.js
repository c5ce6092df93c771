import { Controller } from "@hotwired/stimulus"
import { ApiError, api } from "helpers/api.js"
import { fitLines } from "helpers/fit.js"
import { listen } from "helpers/listen.js"
import { plural } from "helpers/names.js"
import { isBlank, isolate, shown } from "helpers/text.js"
import { isTouchOnly } from "helpers/touch.js"
import { Draft } from "models/draft.js"
import { Outbox } from "models/outbox.js"
import { TypingSignal } from "models/typing_signal.js"

const COMPOSING = 229 // the keyCode of a key of an input method: WebKit has ended the composition by then

/** The form to write in: sends through the outbox, edits, replies, and reports typing. */
export default class extends Controller {
  static targets = ["form", "content", "mode", "modeTitle", "modeText", "error", "refused"]
  static values = { url: String, chatId: String, userId: Number, maxLength: Number }

  connect() {
    this.kept = new Draft(this.userIdValue, this.chatIdValue)
    this.contentTarget.addEventListener("blur", () => this.typing.stop())
    this.typing = new TypingSignal((is_typing) => this.dispatch("typing", { detail: { is_typing } }))
    this.outbox = Outbox.of(this.userIdValue, this.chatIdValue)
    this.unlisten = listen(this.outbox, {
      changed: (entry) => this.#pending(entry),
      stored: (message) => this.#stored(message),
      slowed: () => this.#slowed(),
      signedOut: () => this.dispatch("signedOut"),
    })
    this.written = this.kept.read()
    this.contentTarget.value ||= this.written.content
    this.contentTarget.enterKeyHint = isTouchOnly() ? "enter" : "send"
    fitLines(this.contentTarget)
    // The other controllers are connected by the next task.
    setTimeout(() => this.element.isConnected && this.#resume())
  }

  /** Another chat is shown: the outbox goes on without this form. */
  disconnect() {
    this.unlisten()
  }

  #resume() {
    this.#takeUp(this.written)
    for (const entry of this.outbox.entries) this.#pending(entry)
    this.outbox.flush()
  }

  /** Go on with a reply or an edit, unless its message is deleted meanwhile. */
  #takeUp({ reply, edit }) {
    if (reply && !isDeleted(reply)) this.reply({ detail: reply })
    if (!edit || isDeleted(edit)) return
    this.edit({ detail: edit })
    this.contentTarget.value = edit.text
    this.input()
  }

  /** Another tab has sent what is written here, too. */
  drafted(event) {
    if (!this.kept.isGone(event)) return
    this.#endMode()
    this.contentTarget.value = ""
    fitLines(this.contentTarget)
  }

  #pending(entry) {
    this.dispatch("pending", { target: window, detail: { ...entry } })
  }

  #stored(message) {
    this.dispatch("stored", { detail: message })
    if (this.slowed && this.outbox.entries.every((entry) => entry.state === "failed")) {
      this.slowed = false
      this.#showError("")
    }
  }

  #slowed() {
    this.slowed = true
    this.#showError("You are sending too fast. What waits is sent automatically.")
  }

  // Writing

  key(event) {
    if (event.isComposing || event.keyCode === COMPOSING) return
    if (event.key === "Enter" && sends(event)) {
      event.preventDefault()
      this.formTarget.requestSubmit()
    } else if (event.key === "Escape") this.cancel()
    else if (event.key === "ArrowUp" && !this.contentTarget.value && !this.editing) {
      event.preventDefault()
      this.dispatch("editLast", { target: window })
    }
  }

  input() {
    fitLines(this.contentTarget)
    this.#showError("")
    this.#keep()
    if (this.editing || isBlank(this.contentTarget.value)) this.typing.stop()
    else this.typing.type()
  }

  /** Keep what is being written, and what it belongs to. */
  #keep() {
    const content = this.contentTarget.value
    if (!this.editing) this.kept.keep({ content, reply: this.replying })
    else this.kept.keep({ ...this.draft, edit: { ...this.editing, text: content } })
  }

  submit() {
    const content = this.contentTarget.value
    const refusal = this.#refusal(content)
    if (refusal) return this.#showError(refusal)
    if (isBlank(content)) return
    this.typing.stop()
    if (this.editing) this.#saveEdit(content)
    else this.#send(content)
  }

  /** Why a text can't be sent or saved; "" if it can, or if there is nothing to say. */
  #refusal(content) {
    if (isBlank(content)) return this.editing || content.trim() ? "There is nothing to see in this message." : ""
    const surplus = [...content].length - this.maxLengthValue
    const limit = this.maxLengthValue
    return surplus > 0 ? `This is ${plural(surplus, "character")} too long: ${limit} is the most.` : ""
  }

  #send(content) {
    this.outbox.add({ content, reply_to: this.replying?.id, reply: this.replying })
    this.kept.forget()
    this.#write("")
    this.dispatch("queued", { target: window })
  }

  async #saveEdit(content) {
    const { id, content: before } = this.editing
    if (content === before) return this.cancel()
    try {
      const message = await api("PATCH", `${this.urlValue}/${id}`, { content })
      if (this.editing?.id === id) this.#endEdit()
      this.dispatch("stored", { detail: message })
    } catch (error) {
      if (error.signedOut) this.dispatch("signedOut")
      this.#showError(error instanceof ApiError ? error.message : "Nobody answers. Try again.")
    }
  }

  reply({ detail }) {
    if (this.editing) this.#endEdit()
    const { id, sender_id, sender_name, content } = detail
    this.replying = { id, sender_id, sender_name, content }
    this.#showMode(`Reply to ${isolate(detail.sender_name)}`, detail.content)
    this.#keep()
  }

  edit({ detail }) {
    if (!this.editing) this.draft = { content: this.contentTarget.value, reply: this.replying }
    this.replying = null
    this.editing = detail
    this.contentTarget.value = detail.content
    this.#showMode("Edit your message", detail.content)
    fitLines(this.contentTarget)
    this.#keep()
  }

  cancel() {
    if (this.editing) this.#endEdit()
    else this.#endMode()
    this.#keep()
    this.focus()
  }

  /** Restore what was being written before the edit. */
  #endEdit() {
    const { content, reply } = this.draft
    this.#write(content)
    if (reply) this.reply({ detail: reply })
    this.#keep()
  }

  #showMode(title, text) {
    this.modeTitleTarget.textContent = title
    this.modeTextTarget.textContent = shown(text)
    this.modeTarget.hidden = false
    this.focus()
  }

  #endMode() {
    this.editing = this.replying = null
    this.modeTarget.hidden = true
    this.modeTextTarget.textContent = ""
  }

  #write(content) {
    this.#endMode()
    this.contentTarget.value = content
    this.#showError("")
    fitLines(this.contentTarget)
    this.focus()
  }

  #showError(text) {
    this.errorTarget.textContent = text
    this.errorTarget.hidden = !text
  }

  // From other controllers

  confirm({ detail: { client_id, sender_id, id, deleted_at } }) {
    if (client_id && sender_id === this.userIdValue) this.outbox.drop(client_id)
    if (deleted_at && this.editing && this.draft.reply?.id === id) this.draft.reply = null
    if (deleted_at && [this.editing?.id, this.replying?.id].includes(id)) this.cancel()
  }

  connection({ detail: { state } }) {
    if (state === "ready") this.outbox.flush()
  }

  retry({ detail: { client_id } }) {
    this.outbox.retry(client_id)
    this.focus()
  }

  giveUp({ detail }) {
    this.outbox.drop(detail.client_id)
    this.dispatch("discarded", { target: window, detail })
    this.focus()
  }

  allow({ detail: { can_send_messages } }) {
    this.formTarget.hidden = !can_send_messages
    this.refusedTarget.hidden = can_send_messages
  }

  end({ detail: { why } }) {
    this.outbox.close()
    if (why !== "signedOut") this.outbox.refuse("This chat has ended for you.")
    this.element.hidden = true
  }

  focus() {
    const isWritable = !this.formTarget.hidden
    ;(isWritable ? this.contentTarget : document.querySelector("main")).focus({ preventScroll: !isWritable })
  }
}

/** Whether this Enter sends: on a keyboard of its own one without Shift; everywhere one with Ctrl or ⌘. */
function sends({ shiftKey, ctrlKey, metaKey }) {
  return ctrlKey || metaKey || !(shiftKey || isTouchOnly())
}

/** Whether the page shows that this message is deleted. */
function isDeleted({ id }) {
  return Boolean(document.querySelector(`#message-${CSS.escape(id)}.message--deleted`))
}
