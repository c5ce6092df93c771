import { isReaction } from "models/reaction_chips.js"

/**
 * The messages that arrive while a page is open: shows those that belong in its part of the history,
 * and counts those that the reader hasn't seen, with the unread line above the first of them. Events:
 * `shown`, `counted` (`unseen` is another number, or the reader is at another place).
 */
export class Arrivals extends EventTarget {
  #timeline
  #userId
  #counted
  #early = [] // those that arrived while a page was being loaded
  #seen = 0 // the highest `seq` that the reader has seen
  #unseen = [] // the `seq` of messages of others

  /** `lastSeq`: the `seq` up to which messages aren't new. */
  constructor(timeline, userId, lastSeq) {
    super()
    this.#timeline = timeline
    this.#userId = userId
    this.#counted = lastSeq
  }

  /** How many messages of others the reader hasn't seen. */
  get unseen() {
    return this.#unseen.length
  }

  /** The reader has seen the messages up to this `seq`. */
  seen(seq) {
    this.#seen = Math.max(this.#seen, seq)
    this.#unseen = this.#unseen.filter((each) => each > seq)
  }

  /** The reader has come to the newest message. */
  seenAll() {
    this.#unseen = []
  }

  /** Messages have arrived, new ones or changed ones, or reactions to them. */
  take(items) {
    const messages = items.filter((each) => !isReaction(each))
    if (messages.length) this.#takeMessages(messages)
    for (const reaction of items.filter(isReaction)) this.#react(reaction)
  }

  #react(reaction) {
    const { log, pages } = this.#timeline
    if (pages.isLoading) this.#early.push(reaction) // the page may be older
    log.react(reaction)
  }

  #takeMessages(messages) {
    const { log, pages } = this.#timeline
    const { isLoading, newest } = pages
    // The page being loaded may be older than these messages: show them again after it.
    if (isLoading) this.#early.push(...messages)
    const inside = messages.filter(({ seq }) => pages.covers(seq))
    // Those beyond the ends may belong to that page.
    const beyond = isLoading ? [] : messages.filter((each) => !inside.includes(each))
    const counted = Math.max(newest, this.#counted)
    for (const message of beyond) {
      log.dropPending(message)
      if (message.seq > counted) this.#count(message)
    }
    if (inside.length) this.#show(inside)
    for (const message of messages) {
      log.showInQuotes(message)
      log.showReply(message)
    }
    this.#counted = Math.max(this.#counted, ...[...beyond, ...inside].map(({ seq }) => seq))
  }

  /** The messages to be taken again, since no page is being loaded any more. */
  takeEarly() {
    return this.#early.splice(0)
  }

  #show(messages) {
    const { log, pages, scroll, history } = this.#timeline
    const news = messages.filter(({ id }) => !log.find(id))
    const follows = scroll.stuck || news.some((message) => this.#isOwn(message))
    log.put(messages)
    pages.newest = Math.max(pages.newest, ...messages.map(({ seq }) => seq))
    if (document.hidden || !follows) for (const message of news) this.#count(message)
    if (follows) this.follow()
    else history.trimFarEnd()
    this.#tell("shown")
  }

  /** Scroll to the newest message, if it is loaded: all are seen then, if the page is. */
  follow() {
    if (!this.#timeline.follow()) return
    if (!document.hidden) this.seenAll()
    this.#tell("counted")
  }

  #count({ seq, sender_id, edited_at, deleted_at }) {
    if (this.#isOwn({ sender_id }) || edited_at || deleted_at) return
    this.#unseen.push(seq)
    const { log } = this.#timeline
    if (log.unreadFrom <= this.#seen) log.divideUnread(seq)
    this.#tell("counted")
  }

  #isOwn({ sender_id }) {
    return sender_id === this.#userId
  }

  #tell(type) {
    this.dispatchEvent(new Event(type))
  }
}
