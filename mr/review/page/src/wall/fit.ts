/** How many columns of tiles make the best use of a space: tiles as large as they can be. */

const IDEAL = 1.65; // width over height
const LEAST_WIDTH_PX = 225;
const LEAST_HEIGHT_PX = 150;

export interface Fit {
  columns: number;
  rows: number;
  /** Not all fit: the page has to scroll. */
  scrolls: boolean;
  /** Text grows with its tile. */
  font_px: number;
}

export function fit(count: number, width_px: number, height_px: number, gap_px: number): Fit {
  let best: Fit = { columns: 1, rows: Math.max(count, 1), scrolls: true, font_px: 13 };
  let largest = 0;
  for (let columns = 1; columns <= Math.max(count, 1); columns += 1) {
    const rows = Math.ceil(Math.max(count, 1) / columns);
    const width = (width_px - gap_px * (columns - 1)) / columns;
    const height = (height_px - gap_px * (rows - 1)) / rows;
    if (width < LEAST_WIDTH_PX) break;
    const scrolls = height < LEAST_HEIGHT_PX;
    const size = scrolls ? 0.001 * columns : Math.min(width / IDEAL, height);
    if (size <= largest) continue;
    largest = size;
    const font_px = Math.min(Math.max(Math.min(width / 24, height / 12.5), 12), 30);
    best = { columns, rows, scrolls, font_px };
  }
  return best;
}
