import { Controller } from "@hotwired/stimulus"
import { nameList, plural } from "helpers/names.js"
import { people } from "models/people.js"

const NAMED = 10 // people; more are counted

/** Shows who is online: in a group how many, in a private chat whether the other is. */
export default class extends Controller {
  static values = { userId: Number, isGroup: Boolean }

  show({ detail: { online, members } }) {
    const others = online.filter((id) => id !== this.userIdValue)
    this.element.textContent = this.isGroupValue
      ? [plural(members, "member"), others.length && `${others.length} online`].filter(Boolean).join(", ")
      : others.length ? "Online" : "Offline"
    const names = others.map((id) => people.name(id, "")).filter(Boolean)
    this.element.title = others.length
      ? `${nameList(names.slice(0, NAMED), NAMED, others.length)} online`
      : "Nobody else is online"
  }
}
