import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

export default {
  preprocess: vitePreprocess(),
  compilerOptions: {
    runes: true,
    // Named by what it holds, not by where it lies: the same bytes from any folder.
    cssHash: ({ hash, css }) => `s-${hash(css)}`,
  },
};
