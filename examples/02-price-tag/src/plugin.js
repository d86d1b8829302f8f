// The product on offer and its price.
import { Layer } from 'vitrine:plugin/overlay@1.0.0';
import { currentOffer, products } from 'vitrine:plugin/shop@1.0.0';

const token = (val) => ({ tag: 'token', val });
const put = (id, frame, shape) => ({ tag: 'put', val: { id, parent: undefined, z: id, frame, opacity: 1, shape } });
const words = (text, size, weight, color) => ({
  tag: 'text', val: { src: { tag: 'literal', val: text }, font: '', size, weight, color: token(color), align: 'start', maxLines: 1 },
});

let layer;

function draw() {
  const offer = currentOffer();
  const product = offer && products().find((p) => p.sku === offer.sku);
  if (!product) {
    layer.commit([{ tag: 'visible', val: false }]);
    return;
  }
  const { minor, currency } = offer.price;
  layer.commit([
    { tag: 'clear' },
    put(1, { x: 0, y: 0, w: 560, h: 176 },
      { tag: 'rect', val: { fill: token('panel'), radius: 20, border: 0, borderColor: token('ink'), shadow: true } }),
    put(2, { x: 32, y: 24, w: 496, h: 44 }, words(product.title, 30, 500, 'ink-muted')),
    put(3, { x: 32, y: 76, w: 496, h: 76 }, words(`${(Number(minor) / 100).toFixed(2)} ${currency}`, 60, 700, 'ink')),
    { tag: 'visible', val: true },
  ]);
}

export const lifecycle = {
  init() {
    layer = Layer.open('tag');
    draw();
  },
  settingsChanged() {},
  shutdown() {},
};

export const shopEvents = {
  onShop() { draw(); },
};
