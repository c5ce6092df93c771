import { Controller } from "@hotwired/stimulus"
import { inBatches } from "helpers/frames.js"
import { isReaction } from "models/reaction_chips.js"

const MOST_AT_ONCE = 40 // messages shown in one frame, with one layout

/**
 * What arrives while a chat is open, new messages, changed ones, and reactions: shows what belongs in the part of the
 * history that the page has, and counts what the reader hasn't seen. `arrivals:shown`: there are other rows.
 */
export default class extends Controller {
  static values = {
    userId: Number,
    lastSeq: Number, // of the chat when the page was made: only later messages are new
  }

  initialize() {
    this.counted = this.lastSeqValue // the `seq` up to which messages aren't new
    this.early = [] // what arrived while a page was being loaded
    this.showSoon = inBatches(MOST_AT_ONCE, (items) => this.element.isConnected && this.#show(items))
  }

  get timeline() {
    return this.application.getControllerForElementAndIdentifier(this.element, "messages").timeline
  }

  take({ detail }) {
    this.showSoon(detail)
  }

  /** No page is being loaded any more, which may have been older than what arrived meanwhile. */
  takeEarly() {
    this.early.splice(0).forEach(this.showSoon)
  }

  #show(items) {
    const { log, pages } = this.timeline
    if (pages.isLoading) this.early.push(...items)
    const messages = items.filter((each) => !isReaction(each))
    if (messages.length) this.#showMessages(messages)
    for (const reaction of items.filter(isReaction)) log.react(reaction)
  }

  #showMessages(messages) {
    const { log, pages } = this.timeline
    const inside = messages.filter(({ seq }) => pages.covers(seq))
    // Those beyond the ends may belong to the page that is being loaded.
    const beyond = pages.isLoading ? [] : messages.filter((each) => !inside.includes(each))
    this.#note(beyond)
    if (inside.length) this.#put(inside)
    for (const message of messages) {
      log.showInQuotes(message)
      log.showReply(message)
    }
    this.counted = Math.max(this.counted, ...[...beyond, ...inside].map(({ seq }) => seq))
  }

  /** Messages beyond the ends of what the page has: the new ones are counted. */
  #note(messages) {
    const { log, pages, unseen } = this.timeline
    const counted = Math.max(pages.newest, this.counted)
    for (const message of messages) {
      log.pending.drop(message)
      if (message.seq > counted) unseen.count(message)
    }
  }

  #put(messages) {
    const { log, pages, scroll, history, unseen } = this.timeline
    const news = messages.filter(({ id }) => !log.find(id))
    const follows = scroll.stuck || news.some(({ sender_id }) => sender_id === this.userIdValue)
    log.put(messages)
    pages.newest = Math.max(pages.newest, ...messages.map(({ seq }) => seq))
    if (document.hidden || !follows) for (const message of news) unseen.count(message)
    if (follows) this.timeline.follow()
    else history.trimFarEnd()
    this.dispatch("shown")
  }
}
