import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

import { beforePaint } from "./tools/before-paint";
import { buildRecord } from "./tools/build-record";

const SERVER = "http://127.0.0.1:8700";

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), beforePaint("src/before-paint.js"), buildRecord()],
  build: {
    outDir: "../static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the server's policy lets no data: script or font in
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    minify: mode === "gallery" ? false : "esbuild",
    rollupOptions: {
      output: {
        hashCharacters: "hex",
        entryFileNames: "assets/[name].[hash].js",
        chunkFileNames: "assets/[name].[hash].js",
        assetFileNames: "assets/[name].[hash][extname]",
      },
    },
  },
  server: { proxy: { "/api": { target: SERVER, ws: true } } },
}));
