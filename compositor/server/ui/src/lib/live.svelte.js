// The viewers' room: shop, chat, reactions, polls, hotspots by one socket; used by shopper, seller and host.

import { SvelteMap } from 'svelte/reactivity';
import { socketUrl } from './desk.svelte.js';

const RETRY_MS = 1000;
const CHAT_LINES = 100;
/** Hotspots of the past that a slow stream may still show. */
const HOTSPOT_SETS = 300;
/** The server says something at least every two seconds. */
const LOST_AFTER_MS = 6000;

export class Live {
  products = new SvelteMap();
  offers = $state.raw([]);
  featured = $state.raw(null);
  polls = $state.raw([]);
  giveaways = $state.raw([]);
  chat = $state.raw([]);
  viewers = $state(0);
  linked = $state(false);
  refused = $state(null);
  /** Counts of reactions as they come, for whoever shows them. */
  onReactions = null;
  /** Sets of boxes, oldest first; plain, read at every picture. */
  hotspots = [];
  /** Server's clock minus ours, milliseconds. */
  skewMs = 0;

  #socket = null;
  #heardAt = 0;

  /** `desk`: joins to hear, not to watch, and is not counted as a viewer. */
  constructor(show, { desk = false } = {}) {
    this.show = show;
    this.query = desk ? '?desk=true' : '';
  }

  start() {
    this.#connect();
    setInterval(() => {
      if (this.linked && performance.now() - this.#heardAt > LOST_AFTER_MS) this.#socket.close();
    }, 1000);
  }

  now() {
    return Date.now() + this.skewMs;
  }

  #connect() {
    const socket = new WebSocket(socketUrl(`/api/live/${encodeURIComponent(this.show)}${this.query}`));
    this.#socket = socket;
    socket.onmessage = (event) => this.hear(JSON.parse(event.data));
    socket.onclose = () => {
      this.linked = false;
      setTimeout(() => this.#connect(), RETRY_MS);
    };
  }

  hear(message) {
    this.#heardAt = performance.now();
    this.linked = true;
    if (message.type === 'refused') {
      this.refused = message.error.text;
      return;
    }
    this.skewMs = message.now_ms - Date.now();
    this.viewers = message.viewers;
    if (message.type === 'state') {
      this.products.clear();
      this.chat = message.chat;
      this.hotspots = message.hotspots;
    } else {
      if (message.chat) this.chat = [...this.chat, ...message.chat].slice(-CHAT_LINES);
      if (message.hotspots) this.hotspots = [...this.hotspots, ...message.hotspots].slice(-HOTSPOT_SETS);
      if (message.reactions) this.onReactions?.(message.reactions);
    }
    if (message.shop) this.#apply(message.shop);
  }

  #apply(shop) {
    for (const product of shop.products ?? []) this.products.set(product.sku, product);
    for (const sku of shop.removed ?? []) this.products.delete(sku);
    if ('offers' in shop) this.offers = shop.offers;
    if ('featured' in shop) this.featured = shop.featured;
    if ('polls' in shop) this.polls = shop.polls;
    if ('giveaways' in shop) this.giveaways = shop.giveaways;
  }

  /** The running offer of a product, if there is one with units left. */
  offerOf(sku) {
    return this.offers.find((o) => o.sku === sku && o.units_left !== 0 && o.ends_ms > this.now());
  }

  /** The price now. */
  priceOf(product) {
    return this.offerOf(product.sku)?.price ?? product.price;
  }

  say(message) {
    if (!('latency' in message)) this.refused = null;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
