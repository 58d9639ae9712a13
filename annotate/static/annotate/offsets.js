// Code points and UTF-16: the one place where they are converted.
//
// The server counts Unicode code points; the browser's strings count UTF-16 code units, in which
// an emoji or a rare letter takes two. All other modules count code points.

/** How many code points begin in the first `units` UTF-16 units of a string. */
export function toCodePoints(string, units) {
  return [...string.slice(0, units)].length;
}

/** Where the code point of this number starts, in UTF-16 units. */
export function toUtf16(string, codePoints) {
  return [...string].slice(0, codePoints).join("").length;
}
