import { Controller } from "@hotwired/stimulus"
import { Completion } from "models/completion.js"
import { emojiNames } from "models/emoji_names.js"
import { MemberNames, mentionsAll } from "models/member_names.js"

/** Offers to complete what is being written in the composer. */
export default class extends Controller {
  static targets = ["field", "list", "status", "note"]
  static values = { members: String, userId: Number, all: Boolean }

  connect() {
    const { fieldTarget: field, listTarget: list, statusTarget: status } = this
    this.members = new MemberNames(this.membersValue, this.userIdValue)
    this.members.mayMentionAll = this.allValue
    this.completion = new Completion({ field, list, status }, [this.members, emojiNames])
    this.#warn() // of a draft
  }

  disconnect() {
    this.completion.close()
  }

  input() {
    this.completion.input()
    this.#warn()
  }

  /** Say so where `@all` would mention nobody. */
  #warn() {
    this.noteTarget.hidden = this.members.mayMentionAll || !mentionsAll(this.fieldTarget.value)
  }

  /** Before the composer takes the key. */
  key(event) {
    if (this.completion.key(event)) event.stopImmediatePropagation()
  }

  /** The caret has moved, or the focus. */
  moved({ key }) {
    if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(key)) this.completion.input()
  }

  allow({ detail: { can_mention_all } }) {
    this.members.mayMentionAll = can_mention_all
    this.#warn()
  }

  /** Members have come or gone. */
  changed() {
    this.members.forget()
  }

  close() {
    this.completion.close()
  }
}
