// How fast it sells, and the one thing worth saying to the host.

const MINUTE_MS = 60_000;

/** Units paid, sampled; knows what came in the last minute. */
export class Sales {
  #samples = [];

  add(atMs, unitsPaid) {
    this.#samples.push([atMs, unitsPaid]);
    while (this.#samples.length > 2 && this.#samples[1][0] <= atMs - MINUTE_MS) this.#samples.shift();
  }

  lastMinute() {
    if (!this.#samples.length) return 0;
    return this.#samples.at(-1)[1] - this.#samples[0][1];
  }
}

/** At most one suggestion, the most pressing first. */
export function suggestion(product, offer, offerLeftMs, soldLastMinute) {
  if (product.left <= 0) return 'Sold out: invite to the waiting line, go on to the next.';
  if (soldLastMinute > 0 && product.left / soldLastMinute <= 2) return `About ${Math.max(1, Math.round(product.left / soldLastMinute))} min of stock left at this pace.`;
  if (offer && offerLeftMs < 60_000) return 'Last minute of the show price: say it now.';
  return null;
}
