// The studio's time, and the title that an Icecast server plays.
import { Layer } from 'vitrine:plugin/overlay@1.0.0';
import { enqueue } from 'vitrine:plugin/http@1.0.0';
import { now, utcOffsetMinutes } from 'vitrine:plugin/system@1.0.0';
import { getJson } from 'vitrine:plugin/settings@1.0.0';
import { set } from 'vitrine:plugin/timers@1.0.0';
import { write } from 'vitrine:plugin/log@1.0.0';

const token = (val) => ({ tag: 'token', val });
const put = (id, frame, shape) => ({ tag: 'put', val: { id, parent: undefined, z: id, frame, opacity: 1, shape } });
const words = (src, size, weight, color) => ({
  tag: 'text', val: { src, font: '', size, weight, color: token(color), align: 'start', maxLines: 1 },
});
const bindText = (key, value) => ({ tag: 'bind-text', val: { key, value } });

// Characters of 26 px that fit the panel's width.
const FITS = 32;

let layer;
let statusUrl = '';
let right = false;
let title = '';

function hoursAndMinutes() {
  const minutes = Math.floor(Number(now()) / 60000) + utcOffsetMinutes();
  const two = (n) => String(n).padStart(2, '0');
  return `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
}

/** What fits stands; only what does not fit moves. */
function titleSource() {
  const shown = `\u266a ${title}`;
  return shown.length <= FITS ? { tag: 'literal', val: shown } : { tag: 'marquee', val: [shown] };
}

function draw() {
  const playing = title !== '';
  const width = playing ? 520 : 200;
  const height = playing ? 136 : 88;
  // The panel keeps to its side of the layer.
  const left = right ? 520 - width : 0;
  const ops = [
    { tag: 'clear' },
    put(1, { x: left, y: 0, w: width, h: height },
      { tag: 'rect', val: { fill: token('panel'), radius: 20, border: 0, borderColor: token('ink'), shadow: true } }),
    put(2, { x: left + 28, y: 12, w: 160, h: 64 }, words({ tag: 'bound', val: 'time' }, 48, 700, 'ink')),
    bindText('time', hoursAndMinutes()),
  ];
  if (playing) {
    ops.push(put(3, { x: 28, y: 82, w: 464, h: 40 }, words(titleSource(), 26, 500, 'ink-muted')));
  }
  layer.commit(ops);
}

function ask() {
  if (statusUrl === '') return;
  enqueue({ method: 'GET', url: statusUrl, headers: [], body: new Uint8Array(), timeoutMs: 5000, idempotencyKey: undefined }, 'status');
}

function readSettings() {
  const settings = JSON.parse(getJson());
  statusUrl = settings['status-url'] ?? '';
  right = settings.align === 'right';
}

/** Bytes of UTF-8 as a text; QuickJS has no TextDecoder. */
const utf8 = (bytes) => decodeURIComponent(Array.from(bytes, (b) => `%${b.toString(16).padStart(2, '0')}`).join(''));

function titleOf(body) {
  const sources = JSON.parse(body)?.icestats?.source ?? [];
  const source = Array.isArray(sources) ? sources[0] : sources;
  return String(source?.title ?? '').slice(0, 180);
}

export const lifecycle = {
  init() {
    layer = Layer.open('clock');
    readSettings();
    draw();
    set('minute', 60000 - (Number(now()) % 60000), 60000);
    set('ask', 0, 10000);
  },
  settingsChanged() {
    readSettings();
    title = '';
    draw();
    ask();
  },
  shutdown() {},
};

export const timerEvents = {
  onTimer(name) {
    if (name === 'ask') ask();
    else layer.commit([bindText('time', hoursAndMinutes())]);
  },
};

export const httpEvents = {
  onResponse(_tag, res) {
    let found = '';
    try {
      const response = res.tag === 'ok' ? res.val : undefined;
      if (response?.status === 200) found = titleOf(utf8(response.body));
      else write('warn', `the radio gave no title: ${res.tag === 'ok' ? res.val.status : res.val.tag}`);
    } catch (error) {
      write('warn', `the radio's answer can't be read: ${error.message}`);
    }
    if (found !== title) {
      title = found;
      draw();
    }
  },
};
