// The cart: one order that is held at the server. Its id is made and kept here before the first try, so a retry has
// one effect.

import { call } from '../lib/api.js';
import { orderId } from '../lib/id.js';

const KEPT = 'vitrine-order';
const POLL_MS = 1500;
const OPEN = ['cart', 'held', 'paying'];
const DONE = ['paid', 'captured', 'shipped', 'delivered'];

class Cart {
  order = $state.raw(null);
  refused = $state(null);
  busy = $state(false);
  #attempt = 0;
  #live = null;

  /** Takes up the order of an earlier visit, if it still lives. */
  async start(live) {
    this.#live = live;
    const kept = localStorage.getItem(KEPT);
    if (kept) await this.look(kept);
    if (this.order && !OPEN.includes(this.order.state)) this.#forget();
    setInterval(() => this.order && OPEN.includes(this.order.state) && this.order.state !== 'cart' && this.look(this.order.id), POLL_MS * 4);
  }

  get open() {
    return this.order !== null && OPEN.includes(this.order.state);
  }

  get paid() {
    return this.order !== null && DONE.includes(this.order.state);
  }

  #forget() {
    this.order = null;
    localStorage.removeItem(KEPT);
  }

  async look(id) {
    const answer = await call('GET', `/api/orders/${encodeURIComponent(id)}`);
    if (answer.ok) this.order = answer.body.order;
    return this.order;
  }

  #wanted(lines) {
    return [...lines].map(([sku, qty]) => {
      const product = this.#live.products.get(sku);
      const offer = this.#live.offerOf(sku);
      return { sku, qty, offer: offer?.id, seen_price: product && this.#live.priceOf(product) };
    });
  }

  async #hold(lines) {
    const id = orderId();
    localStorage.setItem(KEPT, id);
    const body = { order: id, show: this.#live.show, lines: this.#wanted(lines) };
    let answer = await call('POST', '/api/holds', body);
    // A lost answer is asked again under the same id: it can't hold twice.
    if (!answer.ok && answer.error.code === 'UNREACHABLE') answer = await call('POST', '/api/holds', body);
    if (answer.ok) this.order = answer.body.reply.order;
    return answer;
  }

  #lines() {
    return new Map(this.open ? this.order.lines.map((line) => [line.sku, line.qty]) : []);
  }

  /** Sets how many of a product are held; zero takes it out. One order holds the whole cart. */
  async set(sku, qty) {
    if (this.busy) return false;
    this.busy = true;
    this.refused = null;
    const before = this.#lines();
    const after = new Map(before);
    if (qty > 0) after.set(sku, qty);
    else after.delete(sku);
    if (this.open) await call('DELETE', `/api/holds/${encodeURIComponent(this.order.id)}`);
    this.#forget();
    this.#attempt = 0;
    const answer = after.size ? await this.#hold(after) : { ok: true };
    if (!answer.ok) {
      this.refused = { sku, text: answer.error.text, code: answer.error.code };
      if (before.size) await this.#hold(before);
      else this.#forget();
    }
    this.busy = false;
    return answer.ok;
  }

  add(sku) {
    return this.set(sku, (this.#lines().get(sku) ?? 0) + 1);
  }

  /** Begins to pay; true when the provider's step is next. */
  async pay(provider, contact) {
    this.busy = true;
    this.refused = null;
    const path = `/api/orders/${encodeURIComponent(this.order.id)}/pay`;
    const answer = await call('POST', path, { provider, attempt: ++this.#attempt, contact });
    if (answer.ok) this.order = answer.body.reply.order ?? this.order;
    else this.refused = answer.error;
    this.busy = false;
    return answer.ok;
  }

  async press(outcome) {
    this.busy = true;
    this.refused = null;
    const answer = await call('POST', `/api/test-pay/${encodeURIComponent(this.order.id)}`, { outcome });
    if (answer.ok) await this.look(this.order.id);
    else this.refused = answer.error;
    this.busy = false;
  }

  /** Puts the order away: after thanks, or when its hold ran out. */
  close() {
    this.#forget();
    this.refused = null;
  }
}

export const cart = new Cart();
