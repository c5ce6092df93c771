import { forgetFilesOf } from "helpers/file_store.js"

// What a person has written and not sent: kept in the storage of the browser until they are signed out.

const KINDS = new Set(["outbox", "draft", "emoji"]) // a key is `kind:user:…` or `kind:user`

let isOver = false // the person of this page is signed out

/** Keep a text, unless it must be forgotten. Throws if the storage is full or forbidden. */
export function keep(storage, key, text) {
  if (!isOver) storage.setItem(key, text)
}

/** The person of this page is signed out: forget what they wrote, and keep nothing from here on. */
export function forget() {
  isOver = true
  const { user } = document.documentElement.dataset
  remove((owner) => owner === user)
}

/** Forget what anybody wrote but the person of this page, if there is one. */
export function forgetOthers() {
  const { user } = document.documentElement.dataset
  if (user !== undefined) remove((owner) => owner !== user) // a page of an error doesn't know
}

function remove(isGone) {
  forgetFilesOf(isGone)
  for (const storage of [localStorage, sessionStorage]) {
    for (const key of Object.keys(storage)) {
      const [kind, owner] = key.split(":")
      if (KINDS.has(kind) && isGone(owner)) storage.removeItem(key)
    }
  }
}
