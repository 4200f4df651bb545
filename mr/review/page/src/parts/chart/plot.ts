/** A uPlot of our lines: its axes, its colours in both looks, and how it hears a drag. */

import uPlot from "uplot";

import { known, withUnit } from "../../lib/numbers";
import type { Viewport } from "../../lib/viewport.svelte";
import { colour } from "./colours";
import { hearFingers } from "./fingers";
import type { Axis, Course, Line, Mark, Target } from "./kinds";
import { drawMarks, drawTargets } from "./marks";
import type { Trace } from "./trace";

export interface Drawn {
  lines: readonly Line[];
  targets: readonly Target[];
  marks: readonly Mark[];
  paint?: ((plot: uPlot) => void) | undefined;
  axis: Axis;
  course: Course;
  viewport: Viewport;
}

const FONT = "12px system-ui, sans-serif";
/** Steps of a clock: whole seconds, then parts and multiples of a minute and an hour. */
const STEPS_S = [
  ...[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  ...[60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400],
];
/** Steps of a calendar: no two of them have the same date. */
const STEPS_OF_DAYS_S = [1, 2, 7, 14, 28, 91, 182, 365, 730].map((days) => days * 86_400);
const LEAST_DRAG_PX = 3;
const PAD = 0.08; // of the range measured, above and below

/** Columns in the order uPlot draws them. */
function columnsOf(lines: readonly Line[]): string[] {
  return lines.flatMap((line) => [
    ...(line.spread ?? []),
    line.column,
    ...(line.high === undefined ? [] : [line.high]),
  ]);
}

/** The trace as uPlot wants it: null where nothing is known. */
export function dataOf(lines: readonly Line[], trace: Trace | null): uPlot.AlignedData {
  const names = columnsOf(lines);
  if (trace === null) return [[], ...names.map(() => [])];
  const column = (name: string) =>
    Array.from(trace.columns[name] ?? [], (value) => (Number.isFinite(value) ? value : null));
  return [Array.from(trace.t_s), ...names.map(column)];
}

function seriesOf(line: Line): uPlot.Series[] {
  const name = line.colour ?? "--line-1";
  const stroke = () => colour(name);
  const spanGaps = line.joined ?? false;
  const edge: uPlot.Series = {
    stroke: () => "transparent",
    points: { show: false },
    spanGaps,
  };
  const drawn: uPlot.Series = {
    stroke,
    width: 1.5,
    spanGaps,
    ...(line.dashed ? { dash: [6, 4] } : {}),
    points: line.dots ? { show: true, size: 7, fill: stroke } : { show: false },
  };
  return [...(line.spread ? [edge, edge] : []), drawn, ...(line.high === undefined ? [] : [drawn])];
}

function bandsOf(lines: readonly Line[]): uPlot.Band[] {
  const at = (name: string) => columnsOf(lines).indexOf(name) + 1;
  return lines.flatMap((line) => {
    const fill = (opacity: number) => () => colour(line.colour ?? "--line-1", opacity);
    const bands: uPlot.Band[] = [];
    if (line.spread)
      bands.push({ series: [at(line.spread[1]), at(line.spread[0])], fill: fill(0.18) });
    if (line.high !== undefined)
      bands.push({ series: [at(line.high), at(line.column)], fill: fill(0.55) });
    return bands;
  });
}

function rangeOf(drawn: Drawn, low: number | null, high: number | null): uPlot.Range.MinMax {
  const goals = drawn.targets.flatMap((target) => [target.from, target.to]);
  const ends = [low, high, ...goals].filter((end): end is number => known(end));
  const [least, most] = ends.length > 0 ? [Math.min(...ends), Math.max(...ends)] : [0, 1];
  const pad = (most - least || Math.abs(most) || 1) * PAD;
  return [drawn.axis.from ?? least - pad, drawn.axis.to ?? most + pad];
}

function axesOf(axis: Axis, course: Course): uPlot.Axis[] {
  const common: uPlot.Axis = {
    stroke: () => colour("--quiet"),
    font: FONT,
    grid: { stroke: () => colour("--rule"), width: 1 },
    ticks: { stroke: () => colour("--rule"), width: 1, size: 4 },
  };
  const digits = (step: number) => Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return [
    {
      ...common,
      size: 30,
      space: course.calendar ? 105 : 70,
      incrs: course.calendar ? STEPS_OF_DAYS_S : STEPS_S,
      values: (_u, splits, _a, _s, step) => splits.map((t_s) => course.write(t_s, digits(step))),
    },
    {
      ...common,
      size: 52,
      label: axis.label,
      labelFont: FONT,
      labelSize: 20,
      values: (_u, splits, _a, _s, step) => splits.map((value) => withUnit(value, digits(step))),
    },
  ];
}

// The viewport is the truth of what is shown: uPlot's own scale follows it a moment later.

function instantAt(plot: uPlot, viewport: Viewport, left_px: number): number {
  return viewport.from_s + (left_px / plot.over.clientWidth) * viewport.span_s;
}

/** A finger points by a tap alone: what it does else is `fingers`' matter. */
const points = (event: PointerEvent) => event.pointerType !== "touch";

/** Show the cursor at an instant, or nowhere. */
export function pointAt(plot: uPlot, viewport: Viewport, at_s: number | null): void {
  const seen = at_s !== null && at_s >= viewport.from_s && at_s <= viewport.to_s;
  const left = seen ? ((at_s - viewport.from_s) / viewport.span_s) * plot.over.clientWidth : -10;
  plot.setCursor({ left, top: seen ? 1 : -10 }, false);
}

/** Hear the pointer alone: uPlot's own word of its cursor also comes when we have moved it. */
function hear(plot: uPlot, viewport: Viewport, moved: Moved): void {
  plot.over.addEventListener("pointermove", (event) => {
    if (!points(event)) return;
    const left_px = event.clientX - plot.over.getBoundingClientRect().left;
    moved(instantAt(plot, viewport, Math.min(Math.max(left_px, 0), plot.over.clientWidth)));
  });
  plot.over.addEventListener("pointerleave", (event) => {
    if (points(event)) moved(null);
  });
  hearFingers(plot.over, viewport, (at) => moved(viewport.from_s + at * viewport.span_s));
}

function hooksOf(drawn: Drawn): uPlot.Hooks.Arrays {
  const { viewport } = drawn;
  return {
    drawAxes: [(plot) => drawTargets(plot, drawn.targets)],
    draw: [(plot) => drawn.paint?.(plot), (plot) => drawMarks(plot, drawn.marks)],
    setSelect: [
      (plot) => {
        const { left, width } = plot.select;
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        if (width <= LEAST_DRAG_PX) return;
        viewport.show(instantAt(plot, viewport, left), instantAt(plot, viewport, left + width));
        viewport.point(null); // what is zoomed next, is so about the middle
      },
    ],
  };
}

/** Hears the pointer's instant; null when it has left. */
type Moved = (t_s: number | null) => void;

/** Make the plot in its element; it is drawn when it is given data. */
export function plotIn(
  target: HTMLElement,
  drawn: Drawn,
  size: { width: number; height: number },
  moved: Moved,
): uPlot {
  const { viewport, axis, course, lines } = drawn;
  const options: uPlot.Options = {
    ...size,
    padding: [12, 28, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: course.calendar, range: () => [viewport.from_s, viewport.to_s] },
      y: { dir: axis.down ? -1 : 1, range: (_u, low, high) => rangeOf(drawn, low, high) },
    },
    series: [{}, ...lines.flatMap(seriesOf)],
    bands: bandsOf(lines),
    axes: axesOf(axis, course),
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
      bind: { dblclick: () => () => (viewport.all(), null) },
    },
    hooks: hooksOf(drawn),
  };
  const plot = new uPlot(options, dataOf(lines, null), target);
  hear(plot, viewport, moved);
  return plot;
}
