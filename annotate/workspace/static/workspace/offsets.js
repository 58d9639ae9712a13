// The only place that converts between code points, in which the server and all other modules count,
// and the UTF-16 units of strings.

/** Return how many code points begin in the first `units` UTF-16 units of a string. */
export function toCodePoints(string, units) {
  return [...string.slice(0, units)].length;
}

/** Return the UTF-16 offset of a code point. */
export function toUtf16(string, codePoints) {
  return [...string].slice(0, codePoints).join("").length;
}
