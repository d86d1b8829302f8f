// What the browser checks share: a Chromium that calls nobody, and steps that say what failed.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export async function browser() {
  const executablePath = PLACES.find((path) => path && existsSync(path));
  if (!executablePath) {
    console.log('skipped: no chromium; install Debian’s `chromium` or set CHROMIUM');
    process.exit(0);
  }
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--autoplay-policy=no-user-gesture-required'];
  return chromium.launch({ executablePath, args, headless: true });
}

/**
 * A page that fails the run on script errors, on refused policies, and on requests to other hosts; `heard` are the
 * messages that its sockets got, so that what is over in a moment can't be missed.
 */
export async function open(context, base, path) {
  const page = await context.newPage();
  const faults = [];
  const heard = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => typeof payload === 'string' && heard.push(JSON.parse(payload))));
  page.on('pageerror', (error) => faults.push(`script error: ${error.message}`));
  page.on('console', (line) => {
    if (line.type() === 'error' && !/WebSocket|ERR_CONNECTION|Failed to load resource/.test(line.text())) faults.push(line.text());
  });
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (!['data:', 'blob:'].includes(protocol) && host !== new URL(base).host) faults.push(`calls ${request.url()}`);
  });
  await page.goto(base + path);
  return { page, faults, heard };
}

export function shots(folder) {
  mkdirSync(folder, { recursive: true });
  return (page, name) => page.screenshot({ path: `${folder}/${name}.png` });
}

export function check(what, holds, seen = '') {
  if (!holds) throw new Error(`${what} ${seen}`);
  console.log(`ok: ${what}`);
}

/** Waits until `read()` satisfies `test`, or says what it was. */
export async function until(what, read, test, limitMs = 8000) {
  const end = Date.now() + limitMs;
  let seen;
  while (Date.now() < end) {
    seen = await read();
    if (test(seen)) return check(what, true);
    await new Promise((r) => setTimeout(r, 40));
  }
  throw new Error(`${what}; saw ${JSON.stringify(seen)?.slice(0, 600)}`);
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What the rules of WCAG A and AA say of the page as it stands. */
export async function accessible(page, what) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }));
  const told = violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 4).map((n) => `${n.target} ${n.any[0]?.message ?? ''}`).join(' | ')}`);
  check(`${what} keeps the rules of WCAG AA`, told.length === 0, told.join('\n'));
}
