// Words and figures as people read them.

/** `1:02:03` or `2:03`. */
export function clock(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, '0');
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** `3 s`, `4 min`, `2 h`. */
export function age(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 90) return `${s} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  return `${Math.round(s / 3600)} h`;
}

/** Decibels with a true minus: `−12.5`. */
export const db = (value, digits = 1) => (value <= -119 ? '−∞' : value.toFixed(digits).replace('-', '−'));

/** Loudness, or a dash. */
export const lufs = (value) => (value == null ? '–' : db(value));

/** `4.5 Mbit/s`. */
export const rate = (kbps) => (kbps >= 1000 ? `${(kbps / 1000).toFixed(1)} Mbit/s` : `${kbps} kbit/s`);

export const inputWords = {
  connecting: ['Connecting', 'warn'],
  live: ['Live', 'ok'],
  holding: ['Holding last picture', 'warn'],
  lost: ['Lost, slate shown', 'warn'],
  ended: ['Played to its end', 'idle'],
};

export const outputWords = {
  stopped: ['Stopped', 'idle'],
  connecting: ['Connecting', 'warn'],
  live: ['Sending', 'ok'],
  retrying: ['Trying again', 'warn'],
  failed: ['Failed', 'warn'],
};

export const pluginWords = {
  running: ['Running', 'ok'],
  needs_grant: ['Waits for a grant', 'warn'],
  quarantined: ['Quarantined', 'warn'],
  broken: ['Can’t be loaded', 'warn'],
};
