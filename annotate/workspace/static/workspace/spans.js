// Spans as text: `12-45 60-70`, in code points.

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

export function addSpan(spans, added) {
  const merged = { ...added };
  const separate = spans.filter((other) => {
    if (other.end < merged.start || other.start > merged.end) return true;
    merged.start = Math.min(merged.start, other.start);
    merged.end = Math.max(merged.end, other.end);
    return false;
  });
  return [...separate, merged].sort((a, b) => a.start - b.start);
}

/** Return the ranges that two or more of the spans cover. */
export function findOverlaps(spans) {
  const edges = spans.flatMap(({ start, end }) => [
    { offset: start, by: 1 },
    { offset: end, by: -1 },
  ]);
  edges.sort((a, b) => a.offset - b.offset || a.by - b.by);
  const found = [];
  let depth = 0;
  for (const { offset, by } of edges) {
    if (by > 0 && depth === 1) found.push({ start: offset });
    if (by < 0 && depth === 2) found.at(-1).end = offset;
    depth += by;
  }
  return found;
}
