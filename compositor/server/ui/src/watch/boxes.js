// Which boxes lie on the picture that a viewer sees, whatever the latency.

/** The newest set of boxes made at or before `atMs`. `sets` are oldest first: `{pdt_ms, boxes}`. */
export function boxesAt(sets, atMs) {
  let low = 0;
  let high = sets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sets[middle].pdt_ms <= atMs) low = middle + 1;
    else high = middle;
  }
  return low ? sets[low - 1].boxes : [];
}
