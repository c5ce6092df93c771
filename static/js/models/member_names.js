import { api } from "helpers/api.js"
import { words } from "helpers/folding.js"
import { paintAvatar } from "helpers/names.js"
import { shown } from "helpers/text.js"

// Inside words of these alphabets nobody is mentioned: chatproject/text/mentions.py.
const MENTION =
  /(?<![\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}@])@([\p{L}\p{M}\p{N}_.+-]*)$/u
const ALL = /(?<![\p{L}\p{N}@/])@all(?![\p{L}\p{N}_@+-])/iu
const MOST = 8
const EVERYBODY = { username: "all", name: "Everybody in this chat" }

/** Completes `@` to the user name of a member, found by user name or name: a source of `Completion`. */
export class MemberNames {
  #url
  #userId
  #members = null // a promise of them, once somebody is mentioned

  constructor(url, userId) {
    this.#url = url
    this.#userId = userId
    this.mayMentionAll = false
  }

  /** The members have changed. */
  forget() {
    this.#members = null
  }

  find(before) {
    const written = MENTION.exec(before)
    return written && written[0]
  }

  async options(part) {
    const members = await this.#load()
    const wanted = part.slice(1)
    const found = members.map((member) => ({ ...member, rank: rank(member, wanted) }))
    const everybody = this.mayMentionAll && rank(EVERYBODY, wanted) === 0 ? [EVERYBODY] : []
    const best = found.filter((one) => one.rank < 3).sort((one, other) => one.rank - other.rank)
    return [...best.slice(0, MOST - everybody.length), ...everybody].map((one) => ({
      ...one,
      text: `@${one.username} `,
    }))
  }

  show({ id, username, name }, element) {
    const [avatar, called, written] = ["avatar avatar--small", "completion__name", "completion__hint"].map(
      (className) => Object.assign(document.createElement("span"), { className }),
    )
    avatar.ariaHidden = "true"
    if (id) paintAvatar(avatar, name, id)
    else avatar.textContent = "@"
    called.dir = "auto"
    called.textContent = shown(name)
    written.textContent = `@${username}`
    element.append(avatar, called, written)
  }

  async #load() {
    this.#members ??= api("GET", this.#url)
    const members = await this.#members.catch(() => this.forget())
    return (members ?? []).filter(({ id }) => id !== this.#userId) // offline: the text stays as it is
  }
}

/** Whether a text seems to mention everybody: the server knows about code and links, too. */
export function mentionsAll(text) {
  return ALL.test(text)
}

/** How well somebody fits: 0 by user name, 1 by the start of a name, 2 by that of a word in it, 3 not. */
function rank({ username, name }, wanted) {
  if (username.toLowerCase().startsWith(wanted.toLowerCase())) return 0
  const [prefix] = words(wanted)
  if (!prefix) return 3
  const of = words(name)
  if (of[0]?.startsWith(prefix)) return 1
  return of.some((word) => word.startsWith(prefix)) ? 2 : 3
}
