// The pages' decisions, without a browser: npm test
import assert from 'node:assert/strict';
import test from 'node:test';
import { Sales, suggestion } from '../src/host/sales.js';
import { fall, place } from '../src/lib/meter.js';
import { countdown, inkOn, money } from '../src/lib/money.js';
import { age, clock, db } from '../src/lib/words.js';
import { boxesAt } from '../src/watch/boxes.js';

test('the boxes shown are those of the picture shown, not the newest', () => {
  const sets = [100, 200, 300].map((pdt_ms) => ({ pdt_ms, boxes: [pdt_ms] }));
  assert.deepEqual([boxesAt(sets, 99), boxesAt(sets, 100), boxesAt(sets, 250), boxesAt(sets, 999)], [[], [100], [200], [300]]);
  assert.deepEqual(boxesAt([], 1), []);
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
