// Code points, as the server and all other modules count, and the UTF-16 units of strings, in which
// an emoji takes two: the one place where they are converted.

/** How many code points begin in the first `units` UTF-16 units of a string. */
export function toCodePoints(string, units) {
  return [...string.slice(0, units)].length;
}

/** Where the code point of this number starts, in UTF-16 units. */
export function toUtf16(string, codePoints) {
  return [...string].slice(0, codePoints).join("").length;
}
