// Monitor pictures over one socket: canvases say what they want to show, pictures are painted as they come.

import { socketUrl } from './desk.svelte.js';

/** Without a picture for so long, a monitor is stale and says so. */
const STALE_AFTER_MS = { moving: 1000, thumbnail: 4000 };
const RETRY_MS = 700;

/** name → Set of watchers {canvas, onAge, heardAt, stale} */
const watchers = new Map();
let socket = null;
let wished = [];

function wish() {
  wished = [...watchers.keys()];
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(wished));
}

function connect() {
  socket = new WebSocket(socketUrl('/api/monitors'));
  socket.binaryType = 'arraybuffer';
  socket.onopen = wish;
  socket.onmessage = (event) => paint(event.data);
  socket.onclose = () => setTimeout(connect, RETRY_MS);
}

async function paint(data) {
  const name = wished[new DataView(data).getUint8(0)];
  const waiting = watchers.get(name);
  if (!waiting?.size) return;
  const picture = await createImageBitmap(new Blob([new Uint8Array(data, 5)], { type: 'image/jpeg' })).catch(() => null);
  if (!picture) return;
  for (const watcher of waiting) {
    const { canvas } = watcher;
    if (canvas.width !== picture.width) canvas.width = picture.width;
    if (canvas.height !== picture.height) canvas.height = picture.height;
    canvas.getContext('2d', { alpha: false }).drawImage(picture, 0, 0);
    watcher.heardAt = performance.now();
    canvas.dataset.pictures = Number(canvas.dataset.pictures ?? 0) + 1;
    if (watcher.stale !== false) watcher.onStale?.((watcher.stale = false));
  }
  picture.close();
}

function age() {
  const now = performance.now();
  for (const [name, set] of watchers) {
    const limit = /^(program|preview)/.test(name) ? STALE_AFTER_MS.moving : STALE_AFTER_MS.thumbnail;
    for (const watcher of set) {
      if (watcher.stale === false && now - watcher.heardAt > limit) watcher.onStale?.((watcher.stale = true));
    }
  }
}

/** A Svelte action: paints a monitor on a canvas. `{name, onStale}`: called with false when live, true when stale. */
export function monitor(canvas, { name, onStale }) {
  const watcher = { canvas, onStale, heardAt: 0, stale: undefined };
  const join = (to) => {
    if (!watchers.has(to)) watchers.set(to, new Set());
    watchers.get(to).add(watcher);
    wish();
  };
  const leave = (from) => {
    watchers.get(from)?.delete(watcher);
    if (!watchers.get(from)?.size) watchers.delete(from);
    wish();
  };
  if (!socket) {
    connect();
    setInterval(age, 250);
  }
  join(name);
  return {
    update(next) {
      watcher.onStale = next.onStale;
      if (next.name !== name) {
        leave(name);
        name = next.name;
        join(name);
      }
    },
    destroy: () => leave(name),
  };
}
