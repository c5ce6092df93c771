import { Controller } from "@hotwired/stimulus"
import { inNextFrame } from "helpers/frames.js"
import { nameList } from "helpers/names.js"
import { Typists } from "models/typists.js"

const NAMED = 2 // people; "Ada and 3 others are typing…"

/** Shows who is typing: "Ada is typing…" */
export default class extends Controller {
  static targets = ["dots", "text"]

  connect() {
    this.names = new Map()
    this.tellSoon = inNextFrame(() => this.#tell())
    this.typists = new Typists(this.tellSoon)
  }

  disconnect() {
    this.typists.clear()
  }

  show({ detail: { user_id, name, is_typing } }) {
    this.names.set(user_id, name)
    if (is_typing) this.typists.add(user_id)
    else this.typists.remove(user_id)
  }

  /** Somebody who has sent a message or left is no longer typing. */
  forget({ detail: { sender_id, edited_at, deleted_at } }) {
    if (!edited_at && !deleted_at) this.typists.remove(sender_id)
  }

  connection({ detail: { state } }) {
    if (state !== "ready") this.typists.clear()
  }

  #tell() {
    const { ids } = this.typists
    const names = ids.slice(0, NAMED).map((id) => this.names.get(id))
    this.dotsTarget.hidden = !ids.length
    this.textTarget.textContent = ids.length
      ? `${nameList(names, NAMED, ids.length)} ${ids.length === 1 ? "is" : "are"} typing…`
      : ""
  }
}
