// The keyboard map of the desk; off while somebody types.

import { desk } from '../lib/desk.svelte.js';
import { accept, decline } from '../lib/proposals.js';

export const KEYS = [
  ['1 … 9, 0', 'Scene to preview'],
  ['Shift + 1 … 0', 'Scene straight on air'],
  ['Space', 'Cut'],
  ['Enter', 'Auto'],
  ['F1 … F12', 'Overlay on or off'],
  ['B', 'Fade to black, and back'],
  ['H', 'Hold the rundown, or let it run'],
  ['M', 'Mute the strip touched last'],
  ['R (hold)', 'Start or stop the first recording'],
  ['Esc', 'Fault slate, and off again'],
  ['Y, N', 'Accept or decline what a plugin proposes'],
  ['?', 'This list'],
];

/** How long R is held before it starts or stops a recording. */
const HOLD_MS = 700;
let recordTimer = 0;

const typing = (target) => target.closest('input:not([type=range]), select, textarea, [contenteditable]');

function digit(event) {
  const match = /^Digit(\d)$/.exec(event.code);
  return match ? (Number(match[1]) + 9) % 10 : -1;
}

let touchedStrip = null;

/**
 * A mouse click does its work but takes no focus, so that Space and Enter stay the desk's. Who comes with the Tab key
 * gets focus as ever, and then those two keys press the focused button.
 */
export function keepFocus(event) {
  touchedStrip = event.target.closest('[data-strip]')?.dataset.strip ?? touchedStrip;
  if (!event.target.closest('button')) return;
  event.preventDefault();
  if (document.activeElement !== document.body) document.activeElement.blur();
}

function mute(target) {
  const name = target.closest('[data-strip]')?.dataset.strip ?? touchedStrip;
  const strip = desk.show.strips.find((s) => s.name === name);
  if (strip) desk.command({ command: 'strip', strip: name, change: { muted: !strip.muted } }, `strip ${name}`);
}

function record() {
  const recording = desk.show.outputs.find((o) => o.kind === 'record');
  if (!recording) return;
  const command = recording.status === 'stopped' ? 'output_start' : 'output_stop';
  desk.command({ command, output: recording.name }, `output ${recording.name}`);
}

function overlay(index) {
  const found = desk.show.overlays[index];
  if (!found) return false;
  const lit = found.status === 'on' || found.status === 'entering';
  desk.command({ command: 'overlay', overlay: found.name, on: !lit });
  return true;
}

/** What a key does, or null. */
function act(event, toggleHelp) {
  const { show } = desk;
  const proposal = show.proposals?.[0];
  const index = digit(event);
  if (index >= 0 && show.scenes[index]) {
    const scene = show.scenes[index].name;
    return () => desk.command({ command: event.shiftKey ? 'take' : 'preview', scene }, 'scenes');
  }
  const f = /^F(\d+)$/.exec(event.key);
  if (f) return show.overlays[f[1] - 1] ? () => overlay(f[1] - 1) : null;
  const plain = {
    ' ': () => desk.command({ command: 'cut' }),
    Enter: () => desk.command({ command: 'auto' }),
    b: () => desk.command({ command: 'fade_to_black', on: !show.black_on }),
    h: show.rundown && (() => desk.command({ command: 'rundown', on: !show.rundown.running }, 'scenes')),
    m: () => mute(event.target),
    Escape: () => desk.command({ command: 'slate', on: !show.slate_on }),
    '?': toggleHelp,
    y: proposal && (() => accept(proposal)),
    n: proposal && (() => decline(proposal)),
    r: () => {
      recordTimer = setTimeout(record, HOLD_MS);
      addEventListener('keyup', () => clearTimeout(recordTimer), { once: true });
    },
  };
  return plain[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null;
}

/** One key press of the window. */
export function handleKey(event, toggleHelp) {
  if (!desk.show || event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target)) return;
  const onControl = event.target.closest('button, a, [role=tab], summary');
  const presses = event.key === ' ' || event.key === 'Enter';
  if (presses && onControl) return;
  const action = act(event, toggleHelp);
  if (!action) return;
  event.preventDefault();
  action();
}
