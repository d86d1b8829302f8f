// Says hello, and how long the show is on.
import { Layer } from 'vitrine:plugin/overlay@1.0.0';
import { now } from 'vitrine:plugin/system@1.0.0';
import { set } from 'vitrine:plugin/timers@1.0.0';

const token = (val) => ({ tag: 'token', val });
const text = (id, y, h, src, size, weight, color) => ({ tag: 'put', val: {
  id, parent: undefined, z: id, frame: { x: 32, y, w: 496, h }, opacity: 1,
  shape: { tag: 'text', val: { src, font: '', size, weight, color: token(color), align: 'start', maxLines: 1 } },
} });

let layer;
let since;

function count() {
  const minutes = Math.floor((Number(now()) - since) / 60000);
  layer.commit([{ tag: 'bind-text', val: { key: 'minutes', value: `On air since ${minutes} min` } }]);
}

export const lifecycle = {
  init() {
    layer = Layer.open('hello');
    since = Number(now());
    layer.commit([
      { tag: 'clear' },
      { tag: 'put', val: { id: 1, parent: undefined, z: 1, frame: { x: 0, y: 0, w: 560, h: 144 }, opacity: 1,
        shape: { tag: 'rect', val: { fill: token('panel'), radius: 20, border: 0, borderColor: token('ink'), shadow: true } } } },
      text(2, 20, 60, { tag: 'literal', val: 'Hello, world' }, 44, 700, 'ink'),
      text(3, 84, 40, { tag: 'bound', val: 'minutes' }, 28, 500, 'ink-muted'),
    ]);
    count();
    set('minute', 60000, 60000);
  },
  settingsChanged() {},
  shutdown() {},
};

export const timerEvents = {
  onTimer() { count(); },
};
