import { LogController } from "controllers/log_controller.js"
import { api, isRetriable } from "helpers/api.js"
import { dayKey, onNewDay } from "helpers/dates.js"
import { inBatches } from "helpers/frames.js"
import { protocol } from "helpers/protocol.js"
import { MessageLog } from "models/message_log.js"
import { isReaction } from "models/reaction_chips.js"
import { Scroll } from "models/scroll.js"
import { ThreadState, repliesText } from "models/thread_state.js"

const MOST_AT_ONCE = 40 // messages shown in one frame

/** A thread next to its chat: its root message, the replies, and what is being sent to it. */
export default class extends LogController {
  static targets = [
    "log", "root", "rows", "pending", "older", "count", "countText", "template", "dayTemplate", "unreadTemplate",
  ]
  static values = {
    url: String,
    rootId: String,
    userId: Number,
    offset: Number, // of the first reply that is here among all
    thread: Object, // how many there are, as of when
  }

  initialize() {
    this.showSoon = inBatches(MOST_AT_ONCE, (messages) => this.element.isConnected && this.#show(messages))
  }

  connect() {
    this.log = new MessageLog(this.elements, this.userIdValue)
    this.root = new MessageLog({ ...this.elements, rows: this.rootTarget }, this.userIdValue)
    this.state = new ThreadState(this.threadValue)
    this.#joinDays()
    this.scroll = new Scroll(this.logTarget)
    this.scroll.toBottom()
    this.sizes = new ResizeObserver(() => this.scroll.stuck && this.scroll.toBottom())
    for (const element of [this.logTarget, this.rowsTarget]) this.sizes.observe(element)
    this.endDays = onNewDay(() => this.logs.forEach((log) => log.renewDays()))
  }

  get logs() {
    return [this.root, this.log]
  }

  disconnect() {
    this.sizes.disconnect()
    this.endDays()
  }

  // Live

  apply({ detail: message }) {
    if (this.#isHere(message)) this.showSoon(message)
  }

  /** What has arrived while the thread was being loaded. */
  applyAll({ detail: { messages } }) {
    for (const message of messages) this.apply({ detail: message })
  }

  /** A reaction may be to a message that is about to be shown. */
  #isHere(item) {
    const { id, root_id } = item
    const isOfThread = root_id === this.rootIdValue || id === this.rootIdValue
    return isOfThread || isReaction(item) || Boolean(this.log?.find(id))
  }

  #show(items) {
    const messages = items.filter((each) => !isReaction(each))
    if (messages.length) this.#showMessages(messages)
    for (const log of this.logs) items.filter(isReaction).forEach((each) => log.react(each))
  }

  #showMessages(messages) {
    const isRoot = ({ id }) => id === this.rootIdValue
    const replies = messages.filter((message) => !isRoot(message) && this.#belongs(message))
    this.root.put(messages.filter(isRoot))
    const follows = this.scroll.stuck || replies.some(({ sender_id }) => sender_id === this.userIdValue)
    this.log.put(replies.map((message) => this.#asReply(message)))
    for (const message of messages) {
      this.log.showInQuotes(message)
      if (!isRoot(message)) this.state.take(message)
    }
    this.#joinDays()
    this.#showCount()
    if (follows) this.scroll.toBottom()
  }

  /** Whether a reply is among those that are loaded, or after them. */
  #belongs({ id, seq }) {
    return !this.offsetValue || this.log.find(id) || seq > Number(this.log.first?.dataset.seq)
  }

  /** Here a reply needs no quote of the message above it. */
  #asReply(message) {
    return message.reply?.id === this.rootIdValue ? { ...message, reply: null } : message
  }

  /** Name the day once if the first reply is of the same day as the root. */
  #joinDays() {
    const [root, reply] = [this.root.first, this.log.first].map((row) => row && dayKey(new Date(row.dataset.createdAt)))
    this.logTarget.classList.toggle("thread__log--one-day", root === reply)
  }

  #showCount() {
    const { count } = this.state
    this.countTextTarget.textContent = count ? repliesText(count) : "No replies yet"
  }

  /** The bot is writing. */
  progress({ detail }) {
    this.log.progress(detail)
    if (this.scroll.stuck) this.scroll.toBottom()
  }

  showPending({ detail }) {
    if (detail.root_id !== this.rootIdValue) return
    if (this.log.pending.show(this.#asReply(detail))) this.scroll.toBottom()
  }

  // Scrolling, and earlier replies

  scrolled() {
    this.scroll.note()
  }

  show({ detail: { row } }) {
    this.scroll.show(row)
  }

  async loadOlder() {
    const end = this.offsetValue
    const offset = Math.max(end - protocol.page_size, 0)
    try {
      const messages = await this.#load(offset, end)
      if (this.element.isConnected && end === this.offsetValue) this.#addOlder(messages, offset)
    } catch (error) {
      if (error.signedOut) this.dispatch("signedOut")
      else if (!isRetriable(error)) throw error
    }
  }

  /** The replies from `offset` to `end`; the API returns fewer at a time if they are long. */
  async #load(offset, end) {
    const { results } = await api("GET", `${this.urlValue}?offset=${offset}&limit=${end - offset}`)
    const next = offset + results.length
    return results.length && next < end ? [...results, ...(await this.#load(next, end))] : results
  }

  #addOlder(messages, offset) {
    this.scroll.keep(this.log.first, () => {
      this.log.put(messages.map((message) => this.#asReply(message)))
      this.#joinDays()
      this.offsetValue = offset
      this.olderTarget.hidden = !offset
    })
    this.scroll.renew()
  }
}
