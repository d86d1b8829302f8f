// Giveaways that anybody can check: the seed's hash is published first, the winner follows from seed and entries.
//
// The rule is the shop's own (commerce/src/draw.rs): r = HMAC-SHA256(seed, list "|" beacon "|" n), its first eight
// bytes as a big-endian number, those at or above the largest multiple of the count skipped, modulo the count.

const hex = (bytes) => [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, '0')).join('');
const unhex = (text) => new Uint8Array((text.match(/../g) ?? []).map((pair) => parseInt(pair, 16)));
const LARGEST = (1n << 64n) - 1n;

/** The hash that is published before the first entry. */
export const commitOf = async (seedHex) => hex(await crypto.subtle.digest('SHA-256', unhex(seedHex)));

/** The winner's place in the list of entries, from zero. */
export async function winnerIndex({ seed_hex: seed, list_hex: list, beacon, entries }) {
  const key = await crypto.subtle.importKey('raw', unhex(seed), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const count = BigInt(entries);
  const fairBelow = LARGEST - (LARGEST % count);
  for (let n = 0; ; n++) {
    const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${list}|${beacon}|${n}`));
    const first = new DataView(mac).getBigUint64(0);
    if (first < fairBelow) return Number(first % count);
  }
}

/** The hash of the published list of entries, byte for byte. */
export const listOf = async (text) => hex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));

/** Whether a published draw is what its seed gives, the seed what was promised, and the winner in the published list. */
export async function holds(draw, promisedHex, list) {
  const entries = list.split('\n').slice(0, -1);
  const seed = (await commitOf(draw.seed_hex)) === promisedHex && (await winnerIndex(draw)) === draw.winner_index;
  const listed = (await listOf(list)) === draw.list_hex && entries.length === draw.entries;
  return seed && listed && entries[draw.winner_index] === draw.winner;
}

/** A viewer as the picture and the pages name one: `Guest 3F9A2C`. */
export const guest = (id) => `Guest ${id.replace(/[^A-Za-z0-9]/g, '').slice(0, 6).toUpperCase()}`;
