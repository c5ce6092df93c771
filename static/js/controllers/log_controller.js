import { Controller } from "@hotwired/stimulus"

/** What the logs of a chat and of a thread have in common: their rows show what was done with them, and by whom. */
export class LogController extends Controller {
  /** The logs (message_log.js) whose rows these are. */
  get logs() {
    return [this.log]
  }

  /** What a log takes: its elements, which are targets. */
  get elements() {
    const names = ["log", "rows", "pending", "template", "dayTemplate", "unreadTemplate"]
    return Object.fromEntries(names.map((name) => [name, this[`${name}Target`]]))
  }

  /** What the user has just reacted with. */
  react({ detail }) {
    for (const log of this.logs) log.changeReaction(detail)
  }

  pin({ detail }) {
    for (const log of this.logs) log.pin(detail)
  }

  /** The user has given up a message that wasn't sent. */
  discard({ detail }) {
    this.log.pending.drop(detail)
  }

  showReceipts({ detail: { markers } }) {
    for (const log of this.logs) log.people.showReceipts(markers)
  }

  /** The user blocks somebody, or doesn't any more. */
  fold({ detail: { user_id } }) {
    for (const log of this.logs) log.people.fold(user_id)
  }

  rename({ detail: { user_id, name } }) {
    for (const log of this.logs) log.people.rename(user_id, name)
  }
}
