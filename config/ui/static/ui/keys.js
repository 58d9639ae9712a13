// Keyboard shortcuts that work under every keyboard layout.

/**
 * Return the key of a keyboard event. Where the layout has no Latin letters (Cyrillic, Greek,
 * Hebrew, Korean …), return the letter at the same place of a Latin keyboard.
 */
export function getLatinKey({ key, code, shiftKey, isComposing }) {
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  const isForeign = /^\p{L}$/u.test(key) ? !/^\p{Script=Latin}$/u.test(key) : key === "Process" && !isComposing;
  if (!letter || !isForeign) return key;
  return shiftKey ? letter : letter.toLowerCase();
}
