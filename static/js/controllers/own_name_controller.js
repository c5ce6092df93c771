import { Controller } from "@hotwired/stimulus"
import { paintAvatar } from "helpers/names.js"

/** The user's own name below the chat list. */
export default class extends Controller {
  static targets = ["name", "avatar"]
  static values = { userId: Number }

  show({ detail: { name } }) {
    this.nameTarget.textContent = name
    paintAvatar(this.avatarTarget, name, this.userIdValue)
  }
}
