/** Colours of `app.css` as a canvas wants them. */

const probe = document.createElement("span");
probe.hidden = true;

/** The colour behind a name (`--accent`), in the look that is shown now. */
export function colour(name: string, opacity = 1): string {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(${name})`;
  const shown = getComputedStyle(probe).color;
  return opacity === 1 ? shown : shown.replace(/^rgb\((.*)\)$/, `rgba($1, ${opacity})`);
}
