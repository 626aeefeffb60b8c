import { defineConfig } from 'vite';

const GATEWAY = 'http://127.0.0.1:8091';

/** Built into dist/console, which the gateway serves at /console/. */
// eslint-disable-next-line no-restricted-exports -- Vite takes the default export
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  // `npx vite console` beside a gateway: a change is seen at once, at the address that it prints.
  server: { proxy: { '/api': GATEWAY, '/console/session': GATEWAY, '/readyz': GATEWAY, '/metrics': GATEWAY } },
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // Which file is of which source: read by the test of the sizes.
    manifest: true,
    // Small images stay files: the content policy allows them, and they are cached.
    assetsInlineLimit: 0,
    license: true,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // MapLibre has 1.1 MB. A test of the console holds the sizes; Vite's warning would be the first thing that `npm start` prints.
    chunkSizeWarningLimit: 2_000,
  },
});
