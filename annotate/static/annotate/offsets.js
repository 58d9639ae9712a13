// Code points and UTF-16: the one place where they are converted.
//
// The server counts Unicode code points; the browser's strings count UTF-16 code units, in which
// an emoji or a rare letter takes two. All other modules count code points.

/** How many code points are in the first `units` UTF-16 units of a string. */
export function toCodePoints(string, units) {
  let count = 0;
  for (let i = 0; i < units && i < string.length; i += 1) {
    if (isPairAt(string, i) && i + 1 < units) i += 1;
    count += 1;
  }
  return count;
}

/** Where the code point of this number starts, in UTF-16 units. */
export function toUtf16(string, codePoints) {
  let i = 0;
  for (let count = 0; count < codePoints && i < string.length; count += 1) {
    i += isPairAt(string, i) ? 2 : 1;
  }
  return i;
}

/** How many code points a string has. */
export function length(string) {
  return toCodePoints(string, string.length);
}

function isPairAt(string, i) {
  const high = string.charCodeAt(i);
  if (high < 0xd800 || high > 0xdbff) return false;
  const low = string.charCodeAt(i + 1);
  return low >= 0xdc00 && low <= 0xdfff;
}
