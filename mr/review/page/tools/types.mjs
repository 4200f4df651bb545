/**
 * Types of the server's API: `npm run types -- path/to/openapi.json`.
 *
 * The file is copied to `openapi.json` here (what a test compares with the server's own) and
 * `src/lib/api-types.ts` is made of it. Without a path, of the copy that is already here.
 */

import { readFileSync, writeFileSync } from "node:fs";
import openapi, { astToString } from "openapi-typescript";

const COPY = new URL("../openapi.json", import.meta.url);
const TYPES = new URL("../src/lib/api-types.ts", import.meta.url);

const described = JSON.parse(readFileSync(process.argv[2] ?? COPY, "utf-8"));
writeFileSync(COPY, `${JSON.stringify(described, null, 2)}\n`);
const head = "// Made of openapi.json by `npm run types`. Change the server, not this file.\n\n";
writeFileSync(TYPES, head + astToString(await openapi(described)));
