import { api } from "helpers/api.js"

/** A page out of the browser's memory is shown once its person is known to be signed in still. */
export async function checkRestored({ persisted }) {
  const { user } = document.documentElement.dataset
  if (!persisted || !user) return
  document.body.hidden = true
  const me = await api("GET", "/api/v1/users/me").catch(() => null)
  if (String(me?.id) === user) document.body.hidden = false
  else location.reload()
}
