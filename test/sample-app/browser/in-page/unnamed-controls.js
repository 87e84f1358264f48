// The markup of every button and field that a screen reader has no name for.
Array.from(document.querySelectorAll('button, input'))
  .filter((control) => !(control.ariaLabel ?? control.labels[0]?.textContent ?? control.textContent))
  .map((control) => control.outerHTML)
