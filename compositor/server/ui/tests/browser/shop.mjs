// Shopper, host and seller in a real browser: node tests/browser/shop.mjs BASE_URL SHOTS_FOLDER
import { accessible, browser, check, open, shots, until } from './kit.mjs';

const [base, folder] = process.argv.slice(2);
const chrome = await browser();
const shot = shots(folder);
const SHOW = '/watch/autumn-drop';
const seller = () => fetch(`${base}/api/seller`).then((r) => r.json());
const left = async (sku) => (await seller()).view.products[sku].left;

async function page(size, path, name, steps, options = {}) {
  const context = await chrome.newContext({ viewport: size, ...options });
  const { page, faults } = await open(context, base, path);
  await steps(page);
  await shot(page, name);
  await accessible(page, name);
  check(`${name}: no script error, nothing from other hosts`, faults.length === 0, faults.join('; '));
  await context.close();
}

async function buy(page) {
  const before = await left('MUG-BLUE');
  const offer = page.getByRole('region', { name: 'On stage now' });
  await offer.getByRole('button', { name: /^Add Blue/ }).click();
  await until('one click holds one', () => left('MUG-BLUE'), (n) => n === before - 1);
  await page.getByRole('button', { name: 'One more' }).first().click();
  await until('plus holds another, in one order', () => left('MUG-BLUE'), (n) => n === before - 2);
  await page.waitForSelector('text=/Held for you for/');
  await shot(page, 'watch-cart-390');
  await page.getByRole('button', { name: 'Checkout' }).click();
  for (const [label, value] of [['Name', 'Ada <b>Byron</b>'], ['Email', 'ada@example.com'], ['Street and number', '1 St James’s Sq'], ['Postcode', '10115'], ['City', 'Berlin'], ['Country code', 'DE']]) {
    await page.getByLabel(label, { exact: true }).last().fill(value);
  }
  await shot(page, 'watch-checkout-390');
  await page.getByRole('button', { name: /^Pay / }).click();
  const busy = { error: { code: 'STORE_BUSY', text: 'try again with the same key', details: { retry_after_ms: 1000 } } };
  await page.route('**/api/test-pay/*', (route) => route.fulfill({ status: 503, json: busy }), { times: 1 });
  await page.getByRole('button', { name: 'Decline the card' }).click();
  await page.waitForSelector('[role=alert]:has-text("Nothing was charged or changed")');
  await shot(page, 'watch-busy-390');
  await page.getByRole('button', { name: 'Decline the card' }).click();
  await page.waitForSelector('text=/The payment did not work/');
  check('a declined card keeps the hold', (await left('MUG-BLUE')) === before - 2);
  await page.getByRole('button', { name: /^Pay / }).click();
  await page.getByRole('button', { name: 'Ask for 3-D Secure' }).click();
  await page.getByRole('button', { name: 'Yes, it’s me' }).click();
  await page.waitForSelector('text=Your order is confirmed');
  await until('the seller sees it sold', seller, (s) => s.view.totals.units_paid === 2 && s.view.products['MUG-BLUE'].allocated === 2);
}

await page({ width: 390, height: 844 }, SHOW, 'watch-390', async (p) => {
  await p.waitForSelector('[data-sku="TRAY"]');
  await until('the page is live', () => p.locator('text=Connecting').count(), (n) => n === 0);
  check('nothing is wider than the phone', (await p.evaluate(() => document.documentElement.scrollWidth)) <= 390);
  const small = await p.evaluate(() => [...document.querySelectorAll('button, input, a')].filter((e) => e.offsetParent && (e.offsetHeight < 44 || e.offsetWidth < 44)).map((e) => e.textContent || e.placeholder));
  check('every target is 44 px or larger', small.length === 0, JSON.stringify(small));
});
await page({ width: 390, height: 844 }, SHOW, 'watch-thanks-390', async (p) => {
  await p.waitForSelector('[data-sku="TRAY"]');
  await buy(p);
});
await page({ width: 390, height: 844 }, SHOW, 'watch-chat-dark-390', async (p) => {
  await p.getByRole('tab', { name: /Chat/ }).click();
  await p.getByLabel('Your name').fill('Mina');
  await p.getByLabel('Message').fill('<img src=x onerror=alert(1)> is the glaze food safe?');
  await p.getByRole('button', { name: 'Send' }).click();
  await p.waitForSelector('li:has-text("is the glaze food safe")');
  check('text in chat is only text', (await p.locator('[role=log] img').count()) === 0);
  await p.getByRole('button', { name: /Celadon/ }).click();
  await p.waitForSelector('text=/100 %/');
}, { colorScheme: 'dark' });
await page({ width: 1440, height: 900 }, `${SHOW}?p=LAMP`, 'watch-1440', async (p) => {
  await p.waitForSelector('[data-sku="LAMP"]');
  await p.locator('[data-sku="TRAY"]').getByRole('button', { name: /Wait for/ }).click();
  await p.waitForSelector('text=/You’re first in line/');
});
/** A box that is as old as the world belongs to every picture; it has to lie on the video where it says. */
async function hotspots() {
  const context = await chrome.newContext({ viewport: { width: 390, height: 844 } });
  await context.routeWebSocket(/\/api\/live\//, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((text) => {
      const message = JSON.parse(text);
      for (const set of message.hotspots ?? []) set.pdt_ms = 1;
      socket.send(JSON.stringify(message));
    });
  });
  const { page, faults } = await open(context, base, SHOW);
  await page.waitForSelector('.spot[data-sku="MUG-BLUE"]', { timeout: 15000 });
  const [spot, video] = [await page.locator('.spot').boundingBox(), await page.locator('video').boundingBox()];
  const off = Math.max(Math.abs(spot.x - video.x - 0.68 * video.width), Math.abs(spot.y - video.y - 0.62 * video.height));
  check('a hotspot lies on its place in the picture', off < 1.5, off);
  await page.getByRole('button', { name: 'Open Blue stoneware mug, 350 ml' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('li.focused[data-sku="MUG-BLUE"]');
  check('and opens its product by the keyboard too', true);
  check('hotspots: no script error, nothing from other hosts', faults.length === 0, faults.join('; '));
  await context.close();
}

const { stream } = await fetch(`${base}/api/shop/autumn-drop`).then((r) => r.json());
if (stream) await hotspots();
else console.log('skipped: hotspots, there is no stream');
await page({ width: 1440, height: 810 }, '/host', 'host-1440', async (p) => {
  await p.waitForSelector('[data-left]');
  const part = await p.evaluate(() => document.querySelector('[data-left]').getBoundingClientRect().height / innerHeight);
  check('stock left is at least a fifth of the height', part >= 0.2, part);
});
await page({ width: 1440, height: 900 }, '/', 'console-shop', async (p) => {
  await p.getByRole('tab', { name: 'Shop' }).click();
  await p.getByRole('button', { name: 'Put Teapot with bamboo handle on stage' }).click();
  await until('the seller changes the stage', seller, (s) => s.view.featured['autumn-drop'].sku === 'TEAPOT');
  await p.waitForSelector('[data-dead] >> text=stolen');
  await shot(p, 'console-dead');
  await p.getByRole('button', { name: 'Try again' }).click();
  await p.waitForSelector('[data-dead]', { state: 'detached' });
  check('what was given up is tried again', true);
});
/** A giveaway from the desk to the winner's own check, and what a plugin proposes. */
async function play() {
  const [desk, phone] = await Promise.all([
    chrome.newContext({ viewport: { width: 1440, height: 900 } }),
    chrome.newContext({ viewport: { width: 390, height: 844 } }),
  ]);
  const { page: seller_, faults } = await open(desk, base, '/');
  const { page: viewer } = await open(phone, base, SHOW);
  await viewer.waitForSelector('[data-sku="TRAY"]');
  await seller_.waitForSelector('[data-proposal="1"]');
  await shot(seller_, 'console-proposal');
  await seller_.keyboard.press('y');
  await until('Y accepts a proposal', seller, (s) => s.view.featured['autumn-drop'].sku === 'TRAY');
  check('at its price', (await seller()).view.offers.some((o) => o.sku === 'TRAY' && o.price.minor === 1490));
  await seller_.waitForSelector('[data-proposal="2"]');
  await seller_.keyboard.press('n');
  await seller_.waitForSelector('[data-proposal]', { state: 'detached' });
  check('N declines one', true);
  await seller_.getByRole('tab', { name: 'Play' }).click();
  await seller_.getByLabel('Prize').fill('One <i>signed</i> mug');
  await seller_.getByRole('button', { name: 'Open giveaway' }).click();
  await viewer.getByRole('button', { name: 'Enter the giveaway' }).click();
  await until('an entry counts', seller, (s) => s.view.giveaways.at(-1).entries === 1);
  await seller_.getByLabel('Question').fill('Which size?');
  await seller_.getByLabel('Choice 1').fill('Small');
  await seller_.getByLabel('Choice 2').fill('Large');
  await seller_.getByRole('button', { name: 'Open poll' }).click();
  await viewer.getByRole('tab', { name: /Chat/ }).click();
  await viewer.getByRole('button', { name: 'Large' }).click();
  await until('a vote counts', seller, (s) => s.view.polls.some((p) => p.question === 'Which size?' && p.votes[1] === 1));
  await shot(viewer, 'watch-play-390');
  await shot(seller_, 'console-play');
  await accessible(seller_, 'console-play');
  await seller_.getByRole('button', { name: 'Close poll' }).first().click();
  await seller_.getByRole('button', { name: 'Close entries' }).click();
  await seller_.getByRole('button', { name: 'Draw the winner' }).click({ timeout: 20_000 });
  await viewer.waitForSelector('text=You won');
  await viewer.getByText('How this draw can be checked').click();
  await viewer.getByRole('button', { name: 'Check it on this phone' }).click();
  await viewer.waitForSelector('text=/The number matches its fingerprint/');
  check('the winner checks the draw', true);
  await shot(viewer, 'watch-draw-390');
  check('play: no script error, nothing from other hosts', faults.length === 0, faults.join('; '));
  await Promise.all([desk.close(), phone.close()]);
}

await play();
await chrome.close();
