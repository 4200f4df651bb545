/** Colours of `app.css` as a canvas wants them. */

import { looks } from "../../lib/look.svelte";

const probe = document.createElement("span");
probe.hidden = true;
const read = new Map<string, string>();
let readInDark: boolean | null = null;

/** The colour behind a name (`--accent`), in the look that is shown now. */
export function colour(name: string, opacity = 1): string {
  if (readInDark !== looks.dark) read.clear(); // asking the style sheet anew for each mark is slow
  readInDark = looks.dark;
  const key = `${name} ${opacity}`;
  const known = read.get(key);
  if (known !== undefined) return known;
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(${name})`;
  const solid = getComputedStyle(probe).color;
  const shown = opacity === 1 ? solid : solid.replace(/^rgb\((.*)\)$/, `rgba($1, ${opacity})`);
  read.set(key, shown);
  return shown;
}
