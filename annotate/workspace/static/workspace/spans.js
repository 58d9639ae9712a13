// Spans as they are written down: `12-45 60-70`, in code points.

export function readSpans(written) {
  return (written || "")
    .split(" ")
    .filter(Boolean)
    .map((passage) => {
      const [start, end] = passage.split("-").map(Number);
      return { start, end };
    });
}

export function writeSpans(spans) {
  return [...spans]
    .sort((a, b) => a.start - b.start)
    .map(({ start, end }) => `${start}-${end}`)
    .join(" ");
}

export function joined(spans, added) {
  const whole = { ...added };
  const apart = spans.filter((other) => {
    if (other.end < whole.start || other.start > whole.end) return true;
    whole.start = Math.min(whole.start, other.start);
    whole.end = Math.max(whole.end, other.end);
    return false;
  });
  return [...apart, whole].sort((a, b) => a.start - b.start);
}

/** The stretches that two or more of the spans cover. */
export function shared(spans) {
  const borders = spans.flatMap(({ start, end }) => [
    { place: start, by: 1 },
    { place: end, by: -1 },
  ]);
  borders.sort((a, b) => a.place - b.place || a.by - b.by);
  const found = [];
  let depth = 0;
  for (const { place, by } of borders) {
    if (by > 0 && depth === 1) found.push({ start: place });
    if (by < 0 && depth === 2) found.at(-1).end = place;
    depth += by;
  }
  return found;
}
