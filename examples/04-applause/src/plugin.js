// A button in the console fills a bar, which empties by itself in ten seconds.
import { Layer } from 'vitrine:plugin/overlay@1.0.0';
import { now } from 'vitrine:plugin/system@1.0.0';
import { count } from 'vitrine:plugin/telemetry@1.0.0';

const EMPTIES_MS = 10000;
const token = (val) => ({ tag: 'token', val });
const put = (id, frame, shape) => ({ tag: 'put', val: { id, parent: undefined, z: id, frame, opacity: 1, shape } });

let layer;
let claps = 0;

function draw(value) {
  layer.commit([
    put(1, { x: 0, y: 0, w: 480, h: 96 },
      { tag: 'rect', val: { fill: token('panel'), radius: 20, border: 0, borderColor: token('ink'), shadow: true } }),
    put(2, { x: 32, y: 36, w: 416, h: 24 }, { tag: 'bar', val: { value, fg: token('accent'), bg: token('panel-raised'), radius: 12 } }),
  ]);
}

export const lifecycle = {
  init() {
    layer = Layer.open('bar');
    draw({ tag: 'fixed', val: 0 });
  },
  settingsChanged() {},
  shutdown() {},
};

export const panel = {
  onAction() {
    claps += 1;
    count('claps', 1);
    const full = Number(now());
    // From full now to empty then: the later instant comes first.
    draw({ tag: 'between', val: [full + EMPTIES_MS, full] });
    return `${claps} so far`;
  },
};
