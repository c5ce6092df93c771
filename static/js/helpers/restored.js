import { api } from "helpers/api.js"

/** A page out of the browser's memory is shown once its person is known to be signed in still. */
export async function checkRestored({ persisted }) {
  if (!persisted || !document.documentElement.dataset.user) return
  document.body.hidden = true
  if (await isSamePerson()) document.body.hidden = false
  else location.reload()
}

/** Whether the person whom this page was made for is signed in. */
export async function isSamePerson() {
  const me = await api("GET", "/api/v1/users/me").catch(() => null)
  return String(me?.id) === document.documentElement.dataset.user
}
