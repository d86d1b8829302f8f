// The pages' decisions, without a browser: npm test
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import test from 'node:test';
import { commitOf, guest, holds, listOf, winnerIndex } from '../src/lib/draw.js';
import { Sales, suggestion } from '../src/host/sales.js';
import { said } from '../src/lib/api.js';
import { fall, place } from '../src/lib/meter.js';
import { countdown, inkOn, money } from '../src/lib/money.js';
import { age, clock, db } from '../src/lib/words.js';
import { boxesAt, dateOf, parseBoxes, timeline } from '../src/watch/boxes.js';

globalThis.crypto ??= webcrypto;

test('a busy store is said to people, everything else as the server says it', () => {
  const busy = said({ code: 'STORE_BUSY', text: 'try again with the same key', details: { retry_after_ms: 1000 } });
  assert.match(busy.text, /Nothing was charged.*try again/);
  assert.deepEqual(busy.details, { retry_after_ms: 1000 });
  const other = { code: 'OUT_OF_STOCK', text: '2 left' };
  assert.equal(said(other), other);
});

test('the boxes shown are those of the picture shown, not the newest', () => {
  const sets = [100, 200, 300].map((pdt_ms) => ({ pdt_ms, boxes: [pdt_ms] }));
  assert.deepEqual([boxesAt(sets, 99), boxesAt(sets, 100), boxesAt(sets, 250), boxesAt(sets, 999)], [[], [100], [200], [300]]);
  assert.deepEqual(boxesAt([], 1), []);
});

test('boxes come from the socket and from the playlist, each picture once, of one canvas', () => {
  const range = (at, boxes, more = {}) => ({ class: 'org.vitrine.hotspots', startDate: new Date(at), attr: { 'X-BOXES': boxes }, ...more });
  const ranges = { a: range(100, 'MUG,0.1,0.2,0.3,0.4'), b: range(200, ''), c: range(300, 'x', { class: 'ad' }), d: null };
  const told = [{ pdt_ms: 200, canvas: 'main', boxes: ['told'] }, { pdt_ms: 50, canvas: 'tall', boxes: [] }];
  assert.deepEqual(timeline(told, ranges, 'main').map((set) => [set.pdt_ms, set.boxes.length]), [[100, 1], [200, 1]]);
  assert.deepEqual(parseBoxes('A%20%22B,0,0.5,1,1;broken;C,1,2,x,4'), [{ sku: 'A "B', x: 0, y: 0.5, w: 1, h: 1 }]);
  assert.deepEqual(parseBoxes('%E0%A4%A,1,1,1,1'), []);
});

test('a picture’s date counts from its fragment’s first picture', () => {
  const fragments = [{ programDateTime: 1000, start: 10, duration: 2, elementaryStreams: { video: { startPTS: 10.05 } } }, { programDateTime: 3000, start: 12, duration: 2 }];
  assert.deepEqual([10.05, 11.05, 12.5, 15].map((t) => dateOf(fragments, t)), [1000, 2000, 3500, null]);
  assert.equal(dateOf(undefined, 1), null);
});

test('a meter falls 20 dB in 1.7 s and rises at once', () => {
  assert.equal(Math.round(fall(0, -60, 1700)), -20);
  assert.equal(fall(-40, -3, 10), -3);
  assert.deepEqual([place(0), place(-30), place(-60), place(-120), place(6)], [1, 0.5, 0, 0, 1]);
});

test('money is written as the shopper writes it', () => {
  assert.equal(money({ minor: 1490, currency: 'EUR' }, 'de-DE').replace(/\s/g, ' '), '14,90 €');
  assert.equal(money({ minor: 1490, currency: 'JPY' }, 'en-US'), '¥1,490');
  assert.equal(money({ minor: 1234, currency: 'KWD' }, 'en-US').replace(/\s/g, ' '), 'KWD 1.234');
});

test('times never go below zero, and the last second is shown whole', () => {
  assert.deepEqual([countdown(61_000), countdown(1), countdown(-5)], ['1:01', '0:01', '0:00']);
  assert.deepEqual([clock(3_723_000), clock(63_000)], ['1:02:03', '1:03']);
  assert.deepEqual([age(2_000), age(120_000), age(7_200_000)], ['2 s', '2 min', '2 h']);
  assert.deepEqual([db(-12.54), db(-120), db(0)], ['−12.5', '−∞', '0.0']);
});

test('text on the accent can be read', () => {
  assert.deepEqual([inkOn('#f2b84b'), inkOn('#1f2a6b'), inkOn('#ffffff')], ['#000', '#fff', '#000']);
});

test('the host hears one thing, the most pressing', () => {
  const sales = new Sales();
  for (let s = 0; s <= 90; s += 1) sales.add(s * 1000, s);
  assert.equal(sales.lastMinute(), 60);
  assert.match(suggestion({ left: 0 }, null, null, 9), /Sold out/);
  assert.match(suggestion({ left: 60 }, null, null, 60), /1 min of stock/);
  assert.match(suggestion({ left: 900 }, {}, 30_000, 1), /Last minute/);
  assert.equal(suggestion({ left: 900 }, null, null, 0), null);
});

test('a draw is checked as the shop draws', async () => {
  // From commerce/src/draw.rs over these entries: changed figures are found out.
  const names = Array.from({ length: 1000 }, (_, n) => `viewer-${n}`).sort();
  const list = names.map((name) => `${name}\n`).join('');
  const draw = { seed_hex: '00ff10', list_hex: await listOf(list), beacon: 'drand:42', entries: 1000 };
  const promised = await commitOf(draw.seed_hex);
  const winner_index = await winnerIndex(draw);
  const whole = { ...draw, winner_index, winner: names[winner_index] };
  assert.equal(await winnerIndex({ ...draw, list_hex: 'ab'.repeat(32) }), 516, 'as an HMAC of another make gives');
  assert.equal(await holds(whole, promised, list), true);
  assert.equal(await holds({ ...whole, winner_index: (winner_index + 1) % 1000 }, promised, list), false);
  assert.equal(await holds({ ...whole, winner: names[0] }, promised, list), false);
  assert.equal(await holds(whole, 'ff'.repeat(32), list), false);
  assert.equal(await holds(whole, promised, list.replace('viewer-5\n', 'friend-5\n')), false, 'an entry was changed');
  assert.equal(guest('a-b_c9Zxyz'), 'Guest ABC9ZX');
});
