// Meter ballistics and drawing: peak with a 20 dB / 1.7 s fall, held peaks, RMS bar; scale −60 to 0 dBFS.

/** Fall of the peak bar, PPM type I: 20 dB in 1.7 s. */
const FALL_DB_PER_S = 20 / 1.7;
/** How long the highest peak stays marked. */
const HOLD_MS = 20_000;
const FLOOR_DB = -60;
/** Where the colours change, dBFS sample peak. */
const AMBER_DB = -20;
const RED_DB = -9;

/** How a bar falls: the greater of what came and what the old one has fallen to. */
export const fall = (shown, came, dtMs) => Math.max(came, shown - (FALL_DB_PER_S * dtMs) / 1000);

/** Where a level lies on the scale, 0 to 1. */
export const place = (levelDb) => Math.min(1, Math.max(0, 1 - levelDb / FLOOR_DB));

const fresh = () => ({ shown: -120, held: -120, heldAt: 0 });

/** A Svelte action: draws two channels, upright. `read()` gives a strip's meter or null. */
export function meter(canvas, { read, live }) {
  let channels = [fresh(), fresh()];
  let last = performance.now();
  let frame = requestAnimationFrame(draw);

  function draw(now) {
    frame = requestAnimationFrame(draw);
    const came = live() ? read() : null;
    const dt = now - last;
    last = now;
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (!w || !h) return;
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    const g = canvas.getContext('2d');
    g.clearRect(0, 0, w, h);
    channels.forEach((channel, index) => {
      const peak = came?.peak_db[index] ?? -120;
      channel.shown = fall(channel.shown, peak, dt);
      if (peak >= channel.held || now - channel.heldAt > HOLD_MS) [channel.held, channel.heldAt] = [peak, now];
      bar(g, Math.round((index * (w + ratio)) / 2), Math.floor((w - ratio) / 2), h, channel, came?.rms_db[index] ?? -120, ratio);
    });
    canvas.dataset.peak = came ? Math.max(...came.peak_db).toFixed(1) : '';
  }

  return {
    update: (next) => ({ read, live } = next),
    destroy: () => cancelAnimationFrame(frame),
  };
}

function bar(g, x, w, h, channel, rms, ratio) {
  const zones = [
    [FLOOR_DB, AMBER_DB, '#1f3d2f', '#34a06a'],
    [AMBER_DB, RED_DB, '#463a1c', '#d9a938'],
    [RED_DB, 0, '#4a2326', '#e5484d'],
  ];
  const y = (levelDb) => h - Math.round(place(levelDb) * h);
  for (const [from, to, dim, lit] of zones) {
    g.fillStyle = dim;
    g.fillRect(x, y(to), w, y(from) - y(to));
    const top = Math.min(to, channel.shown);
    if (top > from) {
      g.fillStyle = lit;
      g.fillRect(x, y(top), w, y(from) - y(top));
    }
  }
  if (rms > FLOOR_DB) {
    g.fillStyle = 'rgba(255,255,255,.55)';
    g.fillRect(x, y(rms), w, Math.max(1, ratio));
  }
  if (channel.held > FLOOR_DB) {
    g.fillStyle = channel.held > -0.5 ? '#fff' : channel.held > RED_DB ? '#e5484d' : channel.held > AMBER_DB ? '#d9a938' : '#34a06a';
    g.fillRect(x, y(channel.held), w, Math.max(2, 2 * ratio));
  }
}
