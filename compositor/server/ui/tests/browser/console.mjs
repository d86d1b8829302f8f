// The console in a real browser: node tests/browser/console.mjs BASE_URL SHOTS_FOLDER
import { accessible, browser, check, open, shots, until } from './kit.mjs';

const [base, folder] = process.argv.slice(2);
const chrome = await browser();
const shot = shots(folder);
const snapshot = () => fetch(`${base}/api/snapshot`).then((r) => r.json());

async function desk(size, name, steps) {
  const context = await chrome.newContext({ viewport: size });
  const { page, faults, heard } = await open(context, base, '/');
  await page.waitForSelector('[data-scene]');
  await until(`${name}: program moves`, () => pictures(page), (n) => n >= 6);
  await steps?.(page, heard);
  await shot(page, name);
  await accessible(page, name);
  check(`${name}: no script error, nothing from other hosts`, faults.length === 0, faults.join('; '));
  await context.close();
}

const pictures = (page) => page.evaluate(() => Math.max(...[...document.querySelectorAll('canvas')].map((c) => Number(c.dataset.pictures ?? 0))));
const overflow = (page) =>
  page.evaluate(() => [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]);

/** A connection that falls silent without an end, as a pulled cable does. */
async function lost() {
  const context = await chrome.newContext({ viewport: { width: 1440, height: 900 } });
  let silent = false;
  await context.routeWebSocket(/\/api\/events/, (socket) => {
    if (silent) return;
    const server = socket.connectToServer();
    server.onMessage((message) => silent || socket.send(message));
  });
  const { page } = await open(context, base, '/');
  await page.waitForSelector('[data-scene]');
  silent = true;
  await page.waitForSelector('[role=alert]:has-text("Connection lost")', { timeout: 3000 });
  check('silence greys the page within seconds and says so', await page.locator('.page.lost').isVisible());
  await shot(page, 'console-lost');
  await context.close();
}

async function run(page, heard) {
  await page.getByRole('button', { name: /^Product close-up/ }).click();
  await until('a scene button sets preview', snapshot, (s) => s.preview === 'Product close-up');
  await page.keyboard.press('Space');
  await until('Space cuts', snapshot, (s) => s.program === 'Product close-up' && s.preview === 'Host');
  await page.locator('#kind').selectOption('fade');
  await until('a fade is chosen', snapshot, (s) => s.chosen?.kind === 'fade');
  await page.getByLabel('Length').fill('900');
  await page.getByLabel('Length').press('Tab');
  await until('its length is set', snapshot, (s) => s.chosen?.ms === 900);
  await page.getByRole('button', { name: 'AUTO' }).click();
  await until('the fade ends on air', snapshot, (s) => !s.transition && s.program === 'Host');
  const steps = heard.map((m) => m.changed?.transition?.progress).filter((p) => p > 0 && p < 1);
  check('it went by steps that only grew', steps.length >= 2 && steps.every((p, i) => i === 0 || p > steps[i - 1]), steps);
  await page.locator('[data-overlay="ticker"]').click();
  await until('an overlay comes on', snapshot, (s) => s.overlays.find((o) => o.name === 'ticker').status === 'on');
  await page.locator('[data-strip="host"] .mute').click();
  await until('a strip is muted', snapshot, (s) => s.strips.find((x) => x.name === 'host').muted);
  // The page has to know it too: else the second click would mute once more.
  await page.locator('[data-strip="host"] .mute[aria-pressed="true"]').click();
  await until('and heard again', snapshot, (s) => !s.strips.find((x) => x.name === 'host').muted);
  await page.keyboard.press('Shift+Digit2');
  await until('Shift takes straight on air', snapshot, (s) => s.program === 'Two shot' || s.transition?.to === 'Two shot');
  await until('and leaves preview', snapshot, (s) => s.program === 'Two shot' && s.preview === 'Product close-up');
  await tbar(page);
  const peak = () => page.locator('[data-strip="music"] canvas').getAttribute('data-peak');
  await until('meters show sound', peak, (p) => Number(p) > -60 && p !== '');
}

async function tbar(page) {
  const bar = page.getByLabel('T-bar');
  const box = await bar.boundingBox();
  const x = box.x + box.width / 2;
  await page.mouse.move(x, box.y + box.height - 10);
  await page.mouse.down();
  await page.mouse.move(x, box.y + box.height / 2, { steps: 8 });
  await until('the T-bar holds a transition half way', snapshot, (s) => s.transition?.by_hand && Math.abs(s.transition.progress - 0.5) < 0.2);
  await page.mouse.move(x, box.y - 10, { steps: 8 });
  await page.mouse.up();
  await until('and ends it on air', snapshot, (s) => !s.transition && s.program === 'Product close-up');
}

await desk({ width: 1440, height: 900 }, 'console-1440', async (page, heard) => {
  check('1440×900 needs no scrolling', (await overflow(page)).every((n) => n <= 0), await overflow(page));
  await run(page, heard);
  await page.keyboard.press('Digit1');
});
await desk({ width: 1024, height: 768 }, 'console-1024', async (page) => {
  check('1024 is wide enough', (await overflow(page))[0] <= 0, await overflow(page));
  await page.getByRole('tab', { name: 'Health' }).click();
});
await desk({ width: 390, height: 844 }, 'remote-390', async (page) => {
  await page.locator('[data-scene="Break"]').click();
  await until('the remote sets preview', snapshot, (s) => s.preview === 'Break');
});
await desk({ width: 1440, height: 900 }, 'console-help-log', async (page) => {
  await page.keyboard.press('?');
  await page.waitForSelector('aside[aria-label="Keys"]');
  await page.getByRole('button', { name: /Log/ }).click();
});
await lost();
await chrome.close();
