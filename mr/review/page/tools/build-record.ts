/**
 * `build.json`: the SHA-256 of the source tree and of every built file.
 *
 * `tests/rules/test_page_build.py` reads it without node and tells a source that was changed
 * but not built again. Both sides hash the same way: files sorted by path, each as
 * path, NUL, contents with LF, NUL.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import type { Plugin } from "vite";

const RECORD = "build.json";

function filesIn(folder: string, skip: ReadonlySet<string>): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skip.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path, skip) : [path];
  });
}

function named(root: string, paths: string[]): [name: string, path: string][] {
  return paths
    .map((path): [string, string] => [relative(root, path).split(sep).join("/"), path])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function withLf(path: string): Buffer {
  return Buffer.from(readFileSync(path).toString("latin1").replaceAll("\r\n", "\n"), "latin1");
}

function hashOfTree(root: string): string {
  const hash = createHash("sha256");
  for (const [name, path] of named(root, filesIn(root, new Set(["node_modules"])))) {
    hash.update(`${name}\0`).update(withLf(path)).update("\0");
  }
  return hash.digest("hex");
}

export function buildRecord(): Plugin {
  let root = "";
  let out = "";
  return {
    name: "build-record",
    apply: "build",
    configResolved(config) {
      root = config.root;
      out = resolve(root, config.build.outDir);
    },
    closeBundle() {
      const files = Object.fromEntries(
        named(out, filesIn(out, new Set([RECORD]))).map(([name, path]) => [
          name,
          createHash("sha256").update(readFileSync(path)).digest("hex"),
        ]),
      );
      const record = { source: hashOfTree(root), files };
      writeFileSync(join(out, RECORD), `${JSON.stringify(record, null, 2)}\n`);
    },
  };
}
