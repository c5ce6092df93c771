// What has a touch screen and no mouse has no keyboard of its own either, as far as a page can know.

const touch = matchMedia("(pointer: coarse) and (not (any-pointer: fine))")

export function isTouchOnly() {
  return touch.matches
}
