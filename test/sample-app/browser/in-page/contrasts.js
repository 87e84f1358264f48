// Every text in sight, and by how much it stands out from what is behind it: WCAG 2.2, 1.4.3.
const channels = (color) => (color.match(/[\d.]+/g) ?? []).map(Number)

function luminance(color) {
  const [red, green, blue] = channels(color).map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function behind(element) {
  const { backgroundColor } = getComputedStyle(element)
  return channels(backgroundColor)[3] === 0 ? behind(element.parentElement) : backgroundColor
}

function contrast(element) {
  const [text, ground] = [luminance(getComputedStyle(element).color), luminance(behind(element))]
  return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05)
}

Array.from(document.querySelectorAll('body *'))
  .filter((element) => element.checkVisibility() && element.children.length === 0 && element.innerText.trim())
  .map((element) => ({ text: element.innerText.trim(), contrast: contrast(element) }))
