// The console of the whole program: node tests/browser/onair.mjs BASE_URL SHOTS_FOLDER
import { browser, check, open, shots, until } from './kit.mjs';

const [base, folder] = process.argv.slice(2);
const chrome = await browser();
const shot = shots(folder);
const PATIENCE_MS = 30_000;
const snapshot = () => fetch(`${base}/api/snapshot`).then((r) => r.json());

const context = await chrome.newContext({ viewport: { width: 1440, height: 900 } });
const { page, faults, heard } = await open(context, base, '/');
await page.waitForSelector('[data-scene]');

/** The mean colour of a part of a monitor, as the producer sees it. */
const look = (bus, [x, y, w, h]) =>
  page.evaluate(
    ([name, at]) => {
      const canvas = document.querySelector(`[data-bus="${name}"] canvas`);
      const [px, py, pw, ph] = [at[0] * canvas.width, at[1] * canvas.height, at[2] * canvas.width, at[3] * canvas.height].map(Math.round);
      const { data } = canvas.getContext('2d').getImageData(px, py, Math.max(1, pw), Math.max(1, ph));
      const sum = [0, 0, 0];
      for (let i = 0; i < data.length; i += 4) for (const c of [0, 1, 2]) sum[c] += data[i + c];
      return sum.map((s) => Math.round((4 * s) / data.length));
    },
    [bus, [x, y, w, h]],
  );
const near = (seen, wanted) => seen.every((c, i) => Math.abs(c - wanted[i]) < 16);
const GROUND = [0x2f, 0x6f, 0x8f];
const BALL = [0x7f, 0x2f, 0x4f];
const CORNER = [0.45, 0.05, 0.5, 0.3];
const CARD = [0.72, 0.93, 0.1, 0.008];

await until('program shows the first scene', () => look('program', CORNER), (c) => near(c, GROUND), PATIENCE_MS);
await until('preview shows the second', () => look('preview', CORNER), (c) => near(c, BALL), PATIENCE_MS);
const moved = new Set();
await until('monitors move', async () => moved.add(String(await look('preview', [0.05, 0.05, 0.1, 0.1]))).size, (n) => n >= 3, PATIENCE_MS);

await page.keyboard.press('Space');
await until('Space cuts: program is what preview was', () => look('program', CORNER), (c) => near(c, BALL), PATIENCE_MS);
await page.keyboard.press('Enter');
await until('Enter fades back', snapshot, (s) => !s.transition && s.program === 'Ground', PATIENCE_MS);
const steps = heard.map((m) => m.changed?.transition?.progress).filter((p) => p > 0 && p < 1);
check('the fade went by steps that only grew', steps.length >= 2 && steps.every((p, i) => i === 0 || p >= steps[i - 1]), steps);
await until('and the picture followed', () => look('program', CORNER), (c) => near(c, GROUND), PATIENCE_MS);

await page.keyboard.press('F1');
await until('F1 brings the overlay on the picture', () => look('program', CARD), (c) => c.every((n) => n < 60), PATIENCE_MS);
await shot(page, 'onair-1440');
await page.locator('[data-overlay="card"]').click();
await until('a click takes it off', () => look('program', CARD), (c) => near(c, GROUND), PATIENCE_MS);

const peak = async () => Number(await page.locator('[data-strip="tone"] canvas').getAttribute('data-peak'));
await until('the strip’s meter shows its tone', peak, (p) => p > -40, PATIENCE_MS);
await page.locator('[data-strip="tone"] .mute').click();
await until('a mute is taken', snapshot, (s) => s.strips.find((x) => x.name === 'tone').muted, PATIENCE_MS);
await until('and the bus falls silent', () => fetch(`${base}/api/meters`).then((r) => r.json()), (m) => Math.max(...m.program.peak_db) < -60, PATIENCE_MS);
check('no script error, nothing from other hosts', faults.length === 0, faults.join('; '));
await chrome.close();
