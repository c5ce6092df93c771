import { Controller } from "@hotwired/stimulus"
import { ApiError, api } from "helpers/api.js"
import { fitLines } from "helpers/fit.js"
import { isComposing, sends } from "helpers/keys.js"
import { isDeleted } from "helpers/rows.js"
import { isBlank } from "helpers/text.js"
import { isTouchOnly } from "helpers/touch.js"
import { ComposerNotes } from "models/composer_notes.js"
import { Outbox } from "models/outbox.js"
import { people } from "models/people.js"
import { TypingSignal } from "models/typing_signal.js"
import { Writing } from "models/writing.js"

/** The form to write in, of the chat or of a `thread` (the id of its root): messages, replies, edits; reports typing. */
export default class extends Controller {
  static targets = ["form", "content", "mode", "modeTitle", "modeText", "error", "refused"]
  static values = { url: String, chatId: String, userId: Number, maxLength: Number, thread: String, answered: Object }

  connect() {
    this.writing = new Writing(this.userIdValue, this.chatIdValue, this.threadValue)
    this.notes = new ComposerNotes(this.modeTarget, this.modeTitleTarget, this.modeTextTarget, this.errorTarget)
    this.outbox = Outbox.of(this.userIdValue, this.chatIdValue)
    this.contentTarget.addEventListener("blur", () => this.typing.stop())
    this.typing = new TypingSignal((is_typing) => this.dispatch("typing", { detail: { is_typing } }))
    const kept = this.writing.read()
    this.contentTarget.value ||= kept.content
    this.contentTarget.enterKeyHint = isTouchOnly() ? "enter" : "send"
    fitLines(this.contentTarget)
    // The other controllers are connected by the next task.
    setTimeout(() => this.element.isConnected && this.#takeUp(kept))
  }

  /** Go on with a reply or an edit, unless its message is deleted meanwhile. */
  #takeUp({ reply, edit }) {
    if (reply && !isDeleted(reply)) this.#reply({ ...reply, sender_name: people.name(reply.sender_id, reply.sender_name) })
    if (!edit || isDeleted(edit)) return
    this.#edit(edit)
    this.contentTarget.value = edit.text
    this.input()
  }

  /** Another tab has sent what is written here, too. */
  drafted(event) {
    if (!this.writing.isGone(event)) return
    this.writing.detach()
    this.#write("")
  }

  key(event) {
    if (isComposing(event)) return
    if (event.key === "Enter" && sends(event)) {
      event.preventDefault()
      this.formTarget.requestSubmit()
    } else if (event.key === "Escape") this.cancel()
    else if (event.key === "ArrowUp" && !this.contentTarget.value && !this.writing.editing) {
      event.preventDefault()
      this.dispatch("editLast", { target: window, detail: { thread: this.threadValue } })
    }
  }

  input() {
    fitLines(this.contentTarget)
    this.notes.showError("")
    this.#keep()
    if (this.writing.editing || isBlank(this.contentTarget.value)) this.typing.stop()
    else this.typing.type()
  }

  #keep() {
    this.writing.keep(this.contentTarget.value)
  }

  submit() {
    const content = this.contentTarget.value
    const refusal = this.writing.refusal(content, this.maxLengthValue)
    if (refusal) return this.notes.showError(refusal)
    if (isBlank(content) && (this.writing.editing || !this.#files?.count)) return
    this.typing.stop()
    if (this.writing.editing) this.#saveEdit(content)
    else this.#send(content)
  }

  #send(content) {
    const reply = this.writing.replying ?? (this.threadValue ? this.answeredValue : null)
    const title = document.getElementById("chat-title")?.textContent
    const files = this.#files?.take() ?? []
    this.outbox.add({ content, files, title, reply, root_id: this.threadValue || reply?.root_id || reply?.id })
    this.writing.sent()
    this.#write("")
    this.notes.showError("")
    this.focus()
    this.dispatch("queued", { target: window, detail: { thread: this.threadValue } })
  }

  get #files() {
    return this.application.getControllerForElementAndIdentifier(this.element, "attach")
  }

  async #saveEdit(content) {
    const { id, content: before } = this.writing.editing
    if (content === before) return this.cancel()
    try {
      const message = await api("PATCH", `${this.urlValue}/${id}`, { content })
      if (this.writing.editing?.id === id) this.#endEdit()
      this.dispatch("stored", { detail: message })
    } catch (error) {
      if (error.signedOut) this.dispatch("signedOut")
      this.notes.showError(error instanceof ApiError ? error.message : "Nobody answers. Try again.")
    }
  }

  /** Whether an event is about a row that belongs to this composer: of the chat, or of its thread. */
  #isMine({ detail }) {
    return (detail?.thread ?? "") === this.threadValue
  }

  reply(event) {
    if (this.#isMine(event)) this.#reply(event.detail)
  }

  edit(event) {
    if (this.#isMine(event)) this.#edit(event.detail)
  }

  #reply(detail) {
    if (this.writing.editing) this.#endEdit()
    this.writing.reply(detail)
    this.notes.showMode(this.writing)
    this.focus()
    this.#keep()
  }

  #edit(detail) {
    this.writing.edit(detail, this.contentTarget.value)
    this.#write(detail.content)
    this.focus()
    this.#keep()
  }

  cancel() {
    if (this.writing.editing) this.#endEdit()
    else {
      this.writing.detach()
      this.notes.showMode(this.writing)
    }
    this.#keep()
    this.focus()
  }

  /** Restore what was being written before the edit. */
  #endEdit() {
    this.#write(this.writing.endEdit())
    this.notes.showError("")
    this.focus()
    this.#keep()
  }

  #write(content) {
    this.notes.showMode(this.writing)
    this.contentTarget.value = content
    fitLines(this.contentTarget)
  }

  // From other controllers

  slowed() {
    this.notes.slowed()
  }

  emptied() {
    this.notes.emptied()
  }

  confirm({ detail: { id, deleted_at } }) {
    if (deleted_at && this.writing.deleted(id)) this.cancel()
  }

  rename({ detail }) {
    if (!this.writing.renamed(detail)) return
    this.notes.showMode(this.writing)
    this.#keep()
  }

  allow({ detail: { can_send_messages } }) {
    this.formTarget.hidden = !can_send_messages
    this.refusedTarget.hidden = can_send_messages
  }

  end() {
    this.element.hidden = true
  }

  focus(event) {
    if (event && !this.#isMine(event)) return
    const isWritable = !this.formTarget.hidden
    ;(isWritable ? this.contentTarget : document.querySelector("main")).focus({ preventScroll: !isWritable })
  }
}
