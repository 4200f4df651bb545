/**
 * Draws a rig's depth as a monitor does: the newest writes over what is eight seconds old.
 *
 * Nothing that stands is drawn again, so that thirty traces cost no more than thirty short lines a
 * frame. Depth goes down, as the chest does.
 */

import type { Targets } from "../lib/live-frames";
import { colour } from "../parts/chart/colours";
import { type Ring, SPAN_S } from "./ring";

const TOP_MM = -6;
const BOTTOM_MM = 86;
const GAP_SHARE = 0.035; // of the width, cleared ahead of the newest

export interface Colours {
  ground: string;
  band: string;
  edge: string;
  line: string;
}

/** The colours of the page as it looks now. */
export function coloursNow(): Colours {
  return {
    ground: colour("--sunk"),
    band: colour("--good-wash"),
    edge: colour("--good", 0.5),
    line: colour("--line-1"),
  };
}

export class Sweep {
  readonly #context: CanvasRenderingContext2D;
  #drawn = 0;
  #targets: Targets | null = null;
  #width = 0;
  #height = 0;
  #dots = 1;
  colours: Colours;

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly ring: Ring,
  ) {
    const context = canvas.getContext("2d", { alpha: false });
    if (context === null) throw new Error("this browser draws nothing");
    this.#context = context;
    this.colours = coloursNow();
  }

  /** Fit the canvas to its place; all that is known is drawn anew. */
  resize(width_px: number, height_px: number, dots: number): void {
    this.#dots = dots;
    this.#width = Math.max(1, Math.round(width_px * dots));
    this.#height = Math.max(1, Math.round(height_px * dots));
    this.canvas.width = this.#width;
    this.canvas.height = this.#height;
    this.redraw();
  }

  /** Draw all that is known: after a change of size, colours or targets. */
  redraw(): void {
    this.#clear(0, this.#width);
    const ring = this.ring;
    const last_s = ring.end > 0 ? (ring.t_s[ring.at(ring.end - 1)] ?? 0) : 0;
    let row = ring.end;
    while (
      row > ring.first &&
      (ring.t_s[ring.at(row - 1)] ?? 0) > last_s - SPAN_S * (1 - GAP_SHARE)
    )
      row -= 1;
    this.#drawn = row;
    this.#stroke(row, ring.end);
    this.#drawn = ring.end;
  }

  /** Draw what is new; tells whether anything was. */
  draw(targets: Targets | null): boolean {
    const same =
      targets?.depthLowMm === this.#targets?.depthLowMm &&
      targets?.depthHighMm === this.#targets?.depthHighMm;
    if (!same || this.ring.end < this.#drawn) {
      this.#targets = targets;
      this.redraw();
      return true;
    }
    if (this.ring.end === this.#drawn) return false;
    const from = Math.max(this.#drawn, this.ring.first);
    this.#erase(from, this.ring.end);
    this.#stroke(Math.max(from - 3, this.ring.first), this.ring.end); // mends what was cleared
    this.#drawn = this.ring.end;
    return true;
  }

  #x(t_s: number): number {
    return ((t_s % SPAN_S) / SPAN_S) * this.#width;
  }

  #y(depth_mm: number): number {
    const within = Math.min(Math.max(depth_mm, TOP_MM), BOTTOM_MM);
    return ((within - TOP_MM) / (BOTTOM_MM - TOP_MM)) * this.#height;
  }

  #erase(from: number, to: number): void {
    const t_s = (row: number) => this.ring.t_s[this.ring.at(row)] ?? 0;
    const first_s = t_s(Math.max(from - 1, this.ring.first));
    const span_s = t_s(to - 1) - first_s + SPAN_S * GAP_SHARE;
    if (span_s >= SPAN_S) return this.#clear(0, this.#width);
    const x = this.#x(first_s) + this.#dots;
    const end = x + (span_s / SPAN_S) * this.#width;
    this.#clear(x, Math.min(end, this.#width));
    if (end > this.#width) this.#clear(0, end - this.#width);
  }

  #clear(x: number, end: number): void {
    const [left, right] = [Math.floor(x), Math.ceil(end)];
    const context = this.#context;
    context.fillStyle = this.colours.ground;
    context.fillRect(left, 0, right - left, this.#height);
    if (this.#targets === null) return;
    const low = this.#y(this.#targets.depthLowMm);
    const high = this.#y(this.#targets.depthHighMm ?? BOTTOM_MM);
    context.fillStyle = this.colours.band;
    context.fillRect(left, low, right - left, high - low);
    context.fillStyle = this.colours.edge;
    context.fillRect(left, low, right - left, this.#dots);
    context.fillRect(left, high - this.#dots, right - left, this.#dots);
  }

  #stroke(from: number, to: number): void {
    const { ring } = this;
    const context = this.#context;
    context.strokeStyle = this.colours.line;
    context.lineWidth = 1.75 * this.#dots;
    context.lineJoin = "round";
    context.beginPath();
    let before = Infinity; // no line comes from nowhere, nor from the other end
    for (let row = from; row < to; row += 1) {
      const place = ring.at(row);
      const depth_mm = ring.depth_mm[place] ?? NaN;
      if (Number.isNaN(depth_mm)) {
        before = Infinity;
        continue;
      }
      const x = this.#x(ring.t_s[place] ?? 0);
      if (x < before) context.moveTo(x, this.#y(depth_mm));
      else context.lineTo(x, this.#y(depth_mm));
      before = x;
    }
    context.stroke();
  }
}
