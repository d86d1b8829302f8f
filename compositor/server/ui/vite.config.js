// Builds three pages (console, shopper, host) into dist, which the program embeds.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const page = (name) => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  plugins: [svelte()],
  // A producer's or shopper's browser of the last four years; no inline scripts, the server's policy forbids them.
  build: {
    target: ['chrome100', 'firefox100', 'safari15.4'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rollupOptions: { input: { index: page('index.html'), watch: page('watch.html'), host: page('host.html') } },
  },
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8080', ws: true }, '/hls': 'http://127.0.0.1:8080' } },
});
