import { api } from "helpers/api.js"

/** Shows the previews of links in the part `link-previews` of a row, as templates/jinja2/chats/_link_previews.html does. */
export function fillLinkPreviews(box, row, { chat_id, link_previews }) {
  if (!box) return
  const known = new Map([...box.children].map((card) => [card.dataset.previewId, card]))
  const own = row.matches(".message--own")
  box.replaceChildren(...link_previews.map((one) => known.get(one.id) ?? made(chat_id, one, own)))
}

/** Remove previews from a message of this address: those that have these buttons. */
export function removePreviews(url, buttons) {
  for (const button of buttons) removePreview(url, button)
}

async function removePreview(url, button) {
  const { previewId } = button.closest("[data-preview-id]").dataset
  button.disabled = true
  await api("DELETE", `${url}/link-previews/${previewId}`).catch(() => (button.disabled = false))
}

function made(chatId, one, own) {
  const card = element("div", "link-card")
  card.dataset.previewId = one.id
  const link = element("a", "link-card__link")
  link.href = /^https?:/.test(one.url) ? one.url : "#"
  Object.assign(link, { target: "_blank", rel: "noopener noreferrer nofollow" })
  const text = element("span", "link-card__text")
  text.append(line("site", one.site, "ltr"), line("title", one.title))
  if (one.description) text.append(line("description", one.description))
  link.append(text)
  if (one.width) link.append(picture(`/api/v1/chats/${chatId}/attachments/${one.id}/file`))
  card.append(link)
  if (own) card.append(removeButton(one.site))
  return card
}

function line(name, content, direction = "auto") {
  const node = element("span", `link-card__${name}`)
  node.dir = direction
  node.textContent = content
  return node
}

function picture(source) {
  const image = new Image(80, 80)
  Object.assign(image, { className: "link-card__image", alt: "", loading: "lazy", src: source })
  return image
}

function removeButton(site) {
  const button = element("button", "button button--icon link-card__remove")
  Object.assign(button, { type: "button", title: "Remove the preview", ariaLabel: `Remove the preview of ${site}` })
  button.dataset.act = "removePreview"
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  icon.setAttribute("class", "icon")
  icon.setAttribute("aria-hidden", "true")
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use")
  use.setAttribute("href", "#icon-close")
  icon.append(use)
  button.append(icon)
  return button
}

function element(tag, className) {
  const node = document.createElement(tag)
  node.className = className
  return node
}
