import { api } from "helpers/api.js"
import { nameList } from "helpers/names.js"
import { placeAt } from "helpers/place.js"
import { allEmoji } from "models/emoji.js"
import { people } from "models/people.js"

const NAMED = 10 // REACTORS_SHOWN of chats/protocol.py
const WATCHED = { subtree: true, childList: true, attributeFilter: ["data-user-ids"] }
const REST = 250 // milliseconds for which the pointer rests on a chip

/** The tooltip of a reaction: who reacted with it. */
export class WhoReacted {
  #element
  #url
  #userId
  #chip = null
  #timer = null
  #changes = new MutationObserver(() => this.#changed())

  /** `element`: a popover with the role tooltip; `url`: of the messages. */
  constructor(element, url, userId) {
    this.#element = element
    this.#url = url
    this.#userId = userId
  }

  showSoon(chip) {
    if (chip === this.#chip) return
    this.hide()
    this.#chip = chip
    this.#timer = setTimeout(() => this.show(chip), REST)
  }

  async show(chip) {
    clearTimeout(this.#timer)
    this.#chip = chip
    chip.setAttribute("aria-describedby", this.#element.id)
    this.#changes.observe(chip.parentElement, WATCHED)
    const isLearned = this.#learn(chip)
    await this.#write(chip)
    if (await isLearned) await this.#write(chip)
  }

  /** What it points to has moved. */
  scrolled() {
    if (this.#element.matches(":popover-open")) this.hide()
  }

  hide() {
    clearTimeout(this.#timer)
    this.#changes.disconnect()
    this.#chip?.removeAttribute("aria-describedby")
    this.#chip = null
    if (this.#element.matches(":popover-open")) this.#element.hidePopover()
  }

  #changed() {
    if (this.#chip.isConnected) this.show(this.#chip)
    else this.hide()
  }

  async #write(chip) {
    const name = await this.#nameOf(chip.dataset.emoji)
    if (chip !== this.#chip || !chip.isConnected) return
    const others = idsOf(chip).filter((id) => id !== this.#userId)
    const own = chip.ariaPressed === "true" ? ["You"] : []
    const names = [...own, ...others.map((id) => people.name(id))]
    const count = Number(chip.lastElementChild.textContent)
    this.#element.textContent = `${nameList(names, NAMED + 1, Math.max(count, names.length))} · ${name}`
    if (!this.#element.matches(":popover-open")) this.#element.showPopover()
    placeAt(this.#element, chip)
  }

  async #nameOf(emoji) {
    const all = await allEmoji().catch(() => null) // offline: it is shown without its name
    return all?.of(emoji)?.name ?? emoji
  }

  /** Ask for names that this page doesn't know: it has those of all members of a smaller group. */
  async #learn(chip) {
    if (idsOf(chip).every((id) => id === this.#userId || people.name(id, ""))) return false
    const { id } = chip.closest(".message").dataset
    const emoji = encodeURIComponent(chip.dataset.emoji)
    const page = await api("GET", `${this.#url}/${id}/reactions/${emoji}?limit=${NAMED}`).catch(() => null)
    for (const { user_id, name } of page?.results ?? []) people.learn(user_id, name)
    return page !== null
  }
}

function idsOf({ dataset }) {
  return dataset.userIds.split(" ").filter(Boolean).map(Number)
}
