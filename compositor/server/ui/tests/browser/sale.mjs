// A sale with the whole program: node tests/browser/sale.mjs BASE_URL SHOTS_FOLDER
//
// What lies on the picture is measured in decoded frames: the ground is one colour, the card's panel nearly black.
import { randomUUID } from 'node:crypto';
import { browser, check, open, shots, until } from './kit.mjs';

const [base, folder] = process.argv.slice(2);
const chrome = await browser();
const shot = shots(folder);
const SHOW = '/watch/test-sale';
const PHONE = { width: 390, height: 844 };
/** Eight pixels of a 1080p picture. */
const OFF_MAX = 8 / 1080;
const FRAME_S = 1 / 30;
const LIVE_S = 0.25;
/** A loaded machine encodes, decodes and draws all of this by itself. */
const PATIENCE_MS = 60_000;

const seller = () => fetch(`${base}/api/seller`).then((r) => r.json());
const post = (path, body, headers = {}) =>
  fetch(base + path, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) });
const overlay = (on) => post('/api/command', { command: 'overlay', overlay: 'card', on });

/** Notes for every picture put on screen whether the card is in it and whether a box lies over it. */
function watchFrames() {
  const video = document.querySelector('video');
  const canvas = document.createElement('canvas');
  const frame = { video, canvas, notes: [] };
  frame.read = () => {
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(video, 0, 0);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  };
  const near = (d, i, [r, g, b]) => Math.hypot(d[i] - r, d[i + 1] - g, d[i + 2] - b);
  const PANEL = [20, 27, 34];
  const GROUND = [47, 111, 143];
  /** The rectangle around all that is the panel rather than the ground, in parts of the picture. */
  frame.card = () => {
    const { data, width, height } = frame.read();
    let [x0, y0, x1, y1] = [width, height, -1, -1];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const i = 4 * (y * width + x);
        if (near(data, i, PANEL) >= 0.8 * near(data, i, GROUND)) continue;
        [x0, y0, x1, y1] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x), Math.max(y1, y)];
      }
    }
    return x1 < 0 ? null : { x: x0 / width, y: y0 / height, w: (x1 + 1 - x0) / width, h: (y1 + 1 - y0) / height };
  };
  /** How full the stock bar is: accent against the bar's own ground, on its line of the card. */
  frame.stock = (card) => {
    const { data, width, height } = frame.read();
    const y = Math.round((card.y + card.h * (223 / 248)) * height);
    const [from, to] = [256, 600].map((x) => Math.round((card.x + card.w * (x / 800)) * width));
    let full = 0;
    for (let x = from; x < to; x++) full += data[4 * (y * width + x)] > 150 ? 1 : 0;
    return full / (to - from);
  };
  /** The figures' pixels. */
  frame.figures = (card) => {
    const { data, width, height } = frame.read();
    const part = [];
    for (let y = Math.round((card.y + card.h * 0.71) * height); y < (card.y + card.h * 0.86) * height; y++)
      for (let x = Math.round((card.x + card.w * 0.32) * width); x < (card.x + card.w * 0.5) * width; x++) part.push(data[4 * (y * width + x)]);
    return part;
  };
  const probe = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const note = (_, { mediaTime }) => {
    // A point of the card's lower edge where nothing is written.
    probe.drawImage(video, video.videoWidth * 0.75, video.videoHeight * 0.933, 1, 1, 0, 0, 1, 1);
    const dark = near(probe.getImageData(0, 0, 1, 1).data, 0, PANEL) < near(probe.getImageData(0, 0, 1, 1).data, 0, GROUND);
    // Boxes are placed in the same turn of the page as the picture; after it they stand as the viewer sees them.
    requestAnimationFrame(() => frame.notes.push({ at: mediaTime, card: dark, box: document.querySelectorAll('.spot').length > 0 }));
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
  window.frame = frame;
}

/** When the card and when its box came, by the player's clock. */
const came = (page) =>
  page.evaluate(() => {
    const first = (what) => window.frame.notes.findIndex((note, i, all) => note[what] && i > 0 && !all[i - 1][what]);
    const [card, box] = ['card', 'box'].map(first);
    return card < 0 || box < 0 ? null : { card: window.frame.notes[card].at, box: window.frame.notes[box].at };
  });

async function play(context) {
  const opened = await open(context, base, SHOW);
  await opened.page.waitForFunction(() => document.querySelector('video')?.dataset.shownAt > 0, null, { timeout: PATIENCE_MS });
  await opened.page.evaluate(watchFrames);
  await opened.page.waitForFunction(() => window.frame.notes.length > 3, null, { timeout: PATIENCE_MS });
  return opened;
}

async function boxOnCard(page) {
  const off = await page.evaluate(() => {
    const card = window.frame.card();
    const [spot, video] = ['.spot', 'video'].map((it) => document.querySelector(it).getBoundingClientRect());
    const box = { x: (spot.x - video.x) / video.width, y: (spot.y - video.y) / video.height, w: spot.width / video.width, h: spot.height / video.height };
    const across = [card.x - box.x, card.x + card.w - box.x - box.w].map((d) => Math.abs(d) * (16 / 9));
    return Math.max(...across, Math.abs(card.y - box.y), Math.abs(card.y + card.h - box.y - box.h));
  });
  check(`the box lies on the burnt-in card: ${(off * 1080).toFixed(1)} px of 1080`, off <= OFF_MAX, off);
}

async function buy(page) {
  const card = await page.evaluate(() => window.frame.card());
  const before = await page.evaluate((at) => [window.frame.stock(at), window.frame.figures(at)], card);
  check('the picture’s stock bar is full', before[0] > 0.97, before[0]);
  await page.locator('.spot').click();
  await page.waitForSelector('li.focused[data-sku="MUG-RED"]');
  check('a click on the picture opens its product', true);
  await shot(page, 'sale-card-390');
  await page.getByRole('button', { name: 'Add Red mug to cart' }).first().click();
  await page.getByRole('button', { name: 'Checkout' }).click();
  for (const [label, value] of [['Name', 'Ada Byron'], ['Email', 'ada@example.com'], ['Street and number', '1 St James’s Sq'], ['Postcode', '10115'], ['City', 'Berlin'], ['Country code', 'DE']]) {
    await page.getByLabel(label, { exact: true }).last().fill(value);
  }
  await page.getByRole('button', { name: /^Pay / }).click();
  await page.getByRole('region', { name: 'Test payment' }).getByRole('button', { name: 'Pay' }).click();
  await page.waitForSelector('text=Your order is confirmed', { timeout: PATIENCE_MS });
  await shot(page, 'sale-thanks-390');
  await until('the store has sold one', seller, (s) => s.view.products['MUG-RED'].left === 11 && s.view.totals.units_paid === 1);
  const stock = () => page.evaluate((at) => window.frame.stock(at), card);
  await until('the bar on the picture falls to 11 of 12', stock, (full) => Math.abs(full - 11 / 12) < 0.03, PATIENCE_MS);
  const changed = await page.evaluate(([at, old]) => window.frame.figures(at).filter((p, i) => Math.abs(p - old[i]) > 40).length, [card, before[1]]);
  check(`and the number with it (${changed} pixels are others)`, changed >= 5, changed);
  await page.getByRole('button', { name: 'Back to the show' }).click();
}

async function live() {
  const context = await chrome.newContext({ viewport: PHONE });
  const { page, faults } = await play(context);
  await overlay(true);
  await page.waitForFunction(() => window.frame.notes.some((n) => n.card) && window.frame.notes.at(-1).box, null, { timeout: PATIENCE_MS });
  const at = await came(page);
  check(`live, the box comes ${Math.round((at.box - at.card) * 1000)} ms after the card`, Math.abs(at.box - at.card) <= LIVE_S, JSON.stringify(at));
  await boxOnCard(page);
  await buy(page);
  check('sale: no script error, nothing from other hosts', faults.length === 0, faults.join('; '));
  await context.close();
  return at.card;
}

/** A viewer who comes later and goes back knows the boxes from the playlist alone. */
async function replay(cardAt) {
  const context = await chrome.newContext({ viewport: PHONE, colorScheme: 'dark' });
  await context.routeWebSocket(/\/api\/live\//, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((text) => {
      const { hotspots: _, ...message } = JSON.parse(text);
      socket.send(JSON.stringify(message.type === 'state' ? { ...message, hotspots: [] } : message));
    });
  });
  const { page, faults } = await play(context);
  await page.evaluate((to) => {
    window.frame.video.currentTime = to;
    window.frame.notes.length = 0;
  }, Math.max(0.1, cardAt - 1));
  await page.waitForFunction(() => window.frame.notes.some((n) => !n.card) && window.frame.notes.some((n) => n.card && n.box), null, { timeout: PATIENCE_MS });
  const at = await came(page);
  check(`in replay, the box comes ${Math.round((at.box - at.card) * 1000)} ms after the card`, Math.abs(at.box - at.card) <= FRAME_S + 0.001, JSON.stringify(at));
  await boxOnCard(page);
  await shot(page, 'sale-replay-dark-390');
  check('replay: no script error, nothing from other hosts', faults.length === 0, faults.join('; '));
  await context.close();
}

/** Other players and stored streams read the same from the playlist. */
async function tags() {
  const ends_ms = Date.now() + 60_000;
  const offer = { id: 'flash-1', show: 'test-sale', sku: 'LAMP', price: { minor: 3900, currency: 'EUR' }, starts_ms: Date.now(), ends_ms };
  for (const command of [{ do: 'put_offer', offer }, { do: 'feature', featured: { show: 'test-sale', sku: 'LAMP', offer: 'flash-1' } }]) {
    const answer = await post('/api/seller/command', command, { 'Idempotency-Key': randomUUID() });
    if (!answer.ok) throw new Error(await answer.text());
  }
  const { stream } = await fetch(`${base}/api/shop/test-sale`).then((r) => r.json());
  const playlist = () => fetch(base + stream).then((r) => r.text());
  const holds = (text) => /CLASS="org.vitrine.product".*X-SKU="LAMP"/.test(text) && /ID="offer-flash-1".*X-SKU="LAMP",X-PRICE="39.00 EUR"/.test(text);
  await until('stage and offer stand in the playlist', playlist, holds, PATIENCE_MS);
}

async function shortCode() {
  const context = await chrome.newContext({ viewport: PHONE });
  const { page } = await open(context, base, '/b/mug-red');
  await page.waitForSelector('li.focused[data-sku="MUG-RED"]');
  check('a short code opens the same offer', page.url().includes('/watch/test-sale?p=MUG-RED'), page.url());
  await context.close();
}

/** What people, tests and attackers write where a name or a title is asked for. */
const NAUGHTY = [
  '<script>window.hit=1</script>', '"><img src=x onerror=window.hit=1>', "'; DROP TABLE orders;--", 'javascript:window.hit=1', '{{7*7}} ${7*7} <%= 7*7 %>',
  '=HYPERLINK("http://evil.example","win")', '+1+1', '@SUM(A1)', '-2+3', '../../etc/passwd', '%00 %0d%0aSet-Cookie:x=1', 'null', 'undefined', 'NaN', '[object Object]', '__proto__', 'constructor',
  '\u202eevil\u202c', 'Z\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308a\u0316\u0317\u0318\u0319lgo', '\ufeff\u200bhidden', '👩‍👩‍👧‍👦🏳️‍🌈🇺🇳', '田中さんにあげて下さい', 'الكل في المجمو عة', 'कितने का है?', 'ﷺ'.repeat(12), 'W'.repeat(120), 'a\tb', '🅰️'.repeat(60), '￾￿', '٠١٢٣', 'İıſẞ',
];

/** Hostile titles and chat: shown as text, run as nothing, and neither page nor picture breaks. */
async function naughty() {
  const titles = new Map();
  for (const [n, title] of NAUGHTY.entries()) {
    const product = { sku: `N-${n}`, title, description: title, price: { minor: 100 + n, currency: 'EUR' } };
    const answer = await post('/api/seller/command', { do: 'put_products', products: [product] }, { 'Idempotency-Key': randomUUID() });
    if (answer.ok) titles.set(product.sku, title);
  }
  check(`${titles.size} of ${NAUGHTY.length} hostile titles are for sale`, titles.size >= NAUGHTY.length - 4, titles.size);
  await post('/api/command', { command: 'overlay', overlay: 'stage', on: true });
  const context = await chrome.newContext({ viewport: PHONE });
  const [{ page, faults }, { page: desk, faults: deskFaults }] = [await open(context, base, SHOW), await open(context, base, '/')];
  const asked = [];
  for (const it of [page, desk]) it.on('dialog', (dialog) => (asked.push(dialog.message()), dialog.dismiss()));
  const ticks = () => fetch(`${base}/api/stats`).then((r) => r.json()).then((s) => s.ticks);
  for (const sku of titles.keys()) {
    const before = await ticks();
    await post('/api/seller/command', { do: 'feature', featured: { show: 'test-sale', sku } }, { 'Idempotency-Key': randomUUID() });
    await until(`the picture goes on with ${sku}`, ticks, (n) => n > before + 2, PATIENCE_MS);
  }
  await page.waitForFunction((n) => document.querySelectorAll('li[data-sku^="N-"]').length === n, titles.size);
  const shown = await page.evaluate(() => Object.fromEntries([...document.querySelectorAll('li[data-sku^="N-"]')].map((li) => [li.dataset.sku, li.querySelector('h3').textContent])));
  const wrong = [...titles].filter(([sku, title]) => shown[sku] !== title);
  check('every title stands on the page as it was written', wrong.length === 0, JSON.stringify(wrong));
  check('nothing is wider than the phone', (await page.evaluate(() => document.documentElement.scrollWidth)) <= PHONE.width);
  await page.getByRole('tab', { name: /Chat/ }).click();
  await page.getByLabel('Your name').fill(NAUGHTY[1].slice(0, 24));
  for (const line of NAUGHTY.slice(0, 3)) {
    await page.getByLabel('Message').fill(line);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.waitForFunction((text) => [...document.querySelectorAll('[role=log] li')].some((li) => li.textContent.includes(text)), line);
  }
  check('chat is only text', (await page.locator('[role=log] img, [role=log] script').count()) === 0);
  const hit = await Promise.all([page, desk].map((it) => it.evaluate(() => window.hit)));
  check('no script ran', hit.every((h) => h === undefined) && asked.length === 0, JSON.stringify([hit, asked]));
  check('naughty: no script error, nothing from other hosts', faults.length + deskFaults.length === 0, [...faults, ...deskFaults].join('; '));
  await context.close();
}

const cardAt = await live();
await tags();
await replay(cardAt);
await shortCode();
await naughty();
await chrome.close();
