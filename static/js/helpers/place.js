const GAP = 8 // pixels to the edges of the window and to what it belongs to

/** Place a fixed element above what it belongs to, or below where there is no room; within the window. */
export function placeAt(element, anchor) {
  const { left, right, top, bottom } = anchor.getBoundingClientRect()
  const { width, height } = element.getBoundingClientRect()
  const isAbove = top - height - GAP >= 0 || top > innerHeight - bottom
  const x = (left + right) / 2 < innerWidth / 2 ? left : right - width
  const y = isAbove ? top - height - GAP : bottom + GAP
  element.style.left = `${within(x, innerWidth - width)}px`
  element.style.top = `${within(y, innerHeight - height)}px`
}

function within(at, most) {
  return Math.max(GAP, Math.min(at, most - GAP))
}
