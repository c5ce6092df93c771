/** Move the focus among the items of a toolbar by arrow keys; only the one that has had it is a tab stop. */
export function rove(event, items) {
  const at = items.indexOf(document.activeElement)
  const to = {
    ArrowRight: (at + 1) % items.length,
    ArrowLeft: (at + items.length - 1) % items.length,
    Home: 0,
    End: items.length - 1,
  }[event.key]
  if (to === undefined || at < 0) return
  event.preventDefault()
  focusOnly(items[to], items)
}

export function focusOnly(item, items) {
  for (const each of items) each.tabIndex = each === item ? 0 : -1
  item.focus({ preventScroll: true })
}
