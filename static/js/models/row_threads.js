import { dayKey, listTime, showMoment, timeText } from "helpers/dates.js"
import { ThreadState, repliesText } from "models/thread_state.js"

const part = (row, name) => row.querySelector(`[data-part="${name}"]`)

/** What the rows of messages show of the replies to them: "3 replies, last at 14:02", a link to the thread. */
export class RowThreads {
  #parts
  #states = new WeakMap() // by row

  constructor(parts) {
    this.#parts = parts
  }

  /** Take what a message says of its own replies. */
  fill(row, { thread, root_id, chat_id }) {
    if (!thread || root_id) return
    this.#stateOf(row).replace(thread)
    this.show(row, chat_id)
  }

  /** Count a reply to a message, if its row is shown. */
  take(row, reply) {
    if (!row) return
    this.#stateOf(row).take(reply)
    this.show(row, reply.chat_id)
  }

  /** Show the times anew: the last reply may be of another day now. */
  show(row, chatId = null) {
    if (!row.dataset.thread && !this.#states.has(row)) return
    const { count, lastAt } = this.#stateOf(row)
    const link = this.#parts.keep(row, "thread", count > 0)
    if (!link) return
    if (chatId) link.href = `/chats/${chatId}/thread/${row.dataset.id}/`
    part(link, "thread-count").textContent = repliesText(count)
    showMoment(part(link, "thread-time"), lastAt, whenText(new Date(lastAt)))
  }

  #stateOf(row) {
    const known = this.#states.get(row)
    if (known) return known
    const state = new ThreadState(JSON.parse(row.dataset.thread ?? "null"))
    this.#states.set(row, state)
    return state
  }
}

function whenText(date) {
  const isToday = dayKey(date) === dayKey(new Date())
  return isToday ? `at ${timeText(date)}` : `at ${timeText(date)}, ${listTime(date)}`
}
