// What plugins propose: accepted, it becomes the seller's own act; either way it leaves the desk.

import { call } from './api.js';
import { desk } from './desk.svelte.js';
import { money } from './money.js';

/** How long an offer lasts if the plugin does not say. */
const OFFER_S = 300;

/** A proposal in words. */
export function words({ deal }) {
  if (deal.kind === 'poll') return `Ask: ${deal.question} (${deal.answers.join(' / ')})`;
  const price = deal.price ? ` for ${money({ minor: deal.price[0], currency: deal.price[1] })}` : '';
  return `Offer ${deal.sku}${price}${deal.seconds ? ` for ${deal.seconds} s` : ''}`;
}

const tell = (command) => call('POST', '/api/seller/command', command, { 'Idempotency-Key': crypto.randomUUID() });

async function carryOut({ id, deal }) {
  const seller = await call('GET', '/api/seller');
  if (!seller.ok) return seller;
  const { show, now_ms, view } = seller.body;
  if (deal.kind === 'poll') {
    const poll = { id: `poll-${now_ms}-${id}`, show, question: deal.question, choices: deal.answers };
    return tell({ do: 'open_poll', poll, lasts_ms: deal.seconds ? deal.seconds * 1000 : null });
  }
  let offer = null;
  if (deal.price) {
    offer = `proposed-${now_ms}-${id}`;
    const [minor, currency] = deal.price;
    const ends_ms = now_ms + (deal.seconds ?? OFFER_S) * 1000;
    const put = await tell({ do: 'put_offer', offer: { id: offer, show, sku: deal.sku, price: { minor, currency }, starts_ms: now_ms, ends_ms } });
    if (!put.ok) return put;
  } else if (!view.products[deal.sku]) {
    return { ok: false, error: { text: `there is no product ${deal.sku} in the shop` } };
  }
  return tell({ do: 'feature', featured: { show, sku: deal.sku, offer } });
}

const dismiss = (proposal) => desk.command({ command: 'dismiss', proposal: proposal.id }, 'proposals');

/** Does what was proposed. What the shop refuses stays on the desk, with the reason. */
export async function accept(proposal) {
  const done = await carryOut(proposal);
  if (!done.ok) {
    desk.refusals.proposals = done.error.text;
    return;
  }
  delete desk.refusals.proposals;
  dismiss(proposal);
}

/** Takes it off the desk. */
export function decline(proposal) {
  delete desk.refusals.proposals;
  dismiss(proposal);
}
