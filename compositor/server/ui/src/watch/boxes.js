// Which boxes lie on the picture that a viewer sees, whatever the latency.

const NONE = [];

/** The newest set of boxes made at or before `atMs`. `sets` are oldest first: `{pdt_ms, boxes}`. */
export function boxesAt(sets, atMs) {
  let low = 0;
  let high = sets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sets[middle].pdt_ms <= atMs) low = middle + 1;
    else high = middle;
  }
  return low ? sets[low - 1].boxes : NONE;
}

/** The sets of one canvas, oldest first, each picture's once: told by the socket, and read from the playlist. */
export function timeline(told, ranges, canvas) {
  const sets = new Map();
  for (const set of rangeSets(ranges)) sets.set(set.pdt_ms, set);
  for (const set of told) if (!canvas || set.canvas === canvas) sets.set(set.pdt_ms, set);
  return [...sets.values()].sort((a, b) => a.pdt_ms - b.pdt_ms);
}

/** EXT-X-DATERANGE tags of the class `org.vitrine.hotspots` as hls.js gives them: one set of boxes each. */
function rangeSets(ranges) {
  return Object.values(ranges ?? {})
    .filter((range) => range?.class === 'org.vitrine.hotspots' && range.startDate)
    .map((range) => ({ pdt_ms: range.startDate.getTime(), boxes: parseBoxes(range.attr['X-BOXES'] ?? '') }));
}

/** `SKU,x,y,w,h;SKU,x,y,w,h`: parts of the canvas. What can't be read is left out. */
export function parseBoxes(text) {
  const boxes = text.split(';').filter(Boolean).map((one) => {
    const [sku, ...numbers] = one.split(',');
    const [x, y, w, h] = numbers.map(Number);
    return { sku: unescape(sku), x, y, w, h };
  });
  return boxes.filter((box) => box.sku && [box.x, box.y, box.w, box.h].every(Number.isFinite));
}

function unescape(sku) {
  try {
    return decodeURIComponent(sku);
  } catch {
    return null;
  }
}

/**
 * When the picture at `mediaTime` of a player was made, milliseconds since 1970; null if the stream does not say.
 * `fragments` are hls.js's: their dates belong to their first video picture, their starts to whatever comes first.
 */
export function dateOf(fragments, mediaTime) {
  const found = fragments?.find((f) => f.programDateTime && mediaTime >= f.start - 0.001 && mediaTime < f.start + f.duration);
  if (!found) return null;
  const first = found.elementaryStreams?.video?.startPTS ?? found.start;
  return found.programDateTime + (mediaTime - first) * 1000;
}
