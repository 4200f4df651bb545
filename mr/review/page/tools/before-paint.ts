/** A script that runs before the first paint: its own hashed file, for no inline script is allowed. */

import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

export function beforePaint(source: string): Plugin {
  let building = false;
  return {
    name: "before-paint",
    configResolved(config) {
      building = config.command === "build";
    },
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle }) {
        const built = Object.keys(bundle ?? {}).find((name) => name.includes("before-paint"));
        const src = building ? `/${built}` : `/${source}`;
        return [{ tag: "script", attrs: { src }, injectTo: "head-prepend" }];
      },
    },
    buildStart() {
      if (!building) return;
      const code = readFileSync(source, "utf-8").replaceAll("\r\n", "\n");
      this.emitFile({ type: "asset", name: "before-paint.js", source: code });
    },
  };
}
