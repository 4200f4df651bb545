/** What is drawn on a plot beside its lines: the target's band, and events by their shapes. */

import type uPlot from "uplot";

import { colour } from "./colours";
import type { Mark, Shape, Target } from "./kinds";

const COLOURS = { plain: "--note", good: "--good", warn: "--warn", bad: "--bad" };
const SIZE_PX = 5;

/** Shade the target across the plot; the legend names it. */
export function drawTargets(plot: uPlot, targets: readonly Target[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const target of targets) {
    const a = plot.valToPos(target.from, "y", true);
    const b = plot.valToPos(target.to, "y", true);
    const top = Math.max(Math.min(a, b), bbox.top);
    const bottom = Math.min(Math.max(a, b), bbox.top + bbox.height);
    if (bottom <= top) continue;
    ctx.fillStyle = colour("--good", 0.14);
    ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
  }
  ctx.restore();
}

/** Draw every mark in sight at the top of the plot; one that lasts shades its stretch. */
export function drawMarks(plot: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = plot;
  const size = SIZE_PX * devicePixelRatio;
  const y = bbox.top + size * 1.6;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left - size, bbox.top, bbox.width + 2 * size, bbox.height);
  ctx.clip();
  for (const mark of marks) {
    const x = plot.valToPos(mark.t_s, "x", true);
    const end = plot.valToPos(mark.t_s + (mark.lasts_s ?? 0), "x", true);
    if (end < bbox.left - size || x > bbox.left + bbox.width + size) continue;
    const name = COLOURS[mark.tone ?? "plain"];
    if (mark.lasts_s) {
      ctx.fillStyle = colour(name, 0.12);
      ctx.fillRect(x, bbox.top, end - x, bbox.height);
    }
    ctx.strokeStyle = ctx.fillStyle = colour(name);
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, y + size);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.stroke();
    ctx.setLineDash([]);
    draw(ctx, mark.shape, x, y, size);
  }
  ctx.restore();
}

const CORNERS: Record<Exclude<Shape, "circle" | "cross">, [number, number][]> = {
  triangle: [
    [0, -1],
    [1, 0.8],
    [-1, 0.8],
  ],
  diamond: [
    [0, -1.1],
    [1.1, 0],
    [0, 1.1],
    [-1.1, 0],
  ],
  square: [
    [-0.9, -0.9],
    [0.9, -0.9],
    [0.9, 0.9],
    [-0.9, 0.9],
  ],
};

/** Draw a shape about a point. */
export function draw(
  ctx: CanvasRenderingContext2D,
  shape: Shape,
  x: number,
  y: number,
  size: number,
): void {
  ctx.beginPath();
  if (shape === "circle") ctx.arc(x, y, size * 0.9, 0, 2 * Math.PI);
  else if (shape === "cross") {
    ctx.lineWidth = 2 * devicePixelRatio;
    for (const slope of [-1, 1]) {
      ctx.moveTo(x - size * 0.8, y - slope * size * 0.8);
      ctx.lineTo(x + size * 0.8, y + slope * size * 0.8);
    }
    ctx.stroke();
    return;
  } else for (const [dx, dy] of CORNERS[shape]) ctx.lineTo(x + dx * size, y + dy * size);
  ctx.fill();
}
