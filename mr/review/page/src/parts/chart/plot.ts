/** A uPlot of our lines: its axes, its colours in both looks, and how it hears a drag. */

import uPlot from "uplot";

import { known, withUnit } from "../../lib/numbers";
import type { Viewport } from "../../lib/viewport.svelte";
import { colour } from "./colours";
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
  const edge: uPlot.Series = { stroke: () => "transparent", points: { show: false } };
  const drawn: uPlot.Series = {
    stroke,
    width: 1.5,
    ...(line.dashed ? { dash: [6, 4] } : {}),
    points: line.dots ? { show: true, size: 7, fill: stroke } : { show: false },
  };
  return [
    ...(line.spread ? [edge, edge] : []),
    drawn,
    ...(line.high === undefined ? [] : [drawn]),
  ];
}

function bandsOf(lines: readonly Line[]): uPlot.Band[] {
  const at = (name: string) => columnsOf(lines).indexOf(name) + 1;
  return lines.flatMap((line) => {
    const fill = (opacity: number) => () => colour(line.colour ?? "--line-1", opacity);
    const bands: uPlot.Band[] = [];
    if (line.spread) bands.push({ series: [at(line.spread[1]), at(line.spread[0])], fill: fill(0.18) });
    if (line.high !== undefined) bands.push({ series: [at(line.high), at(line.column)], fill: fill(0.55) });
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
      space: 70,
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

/** Make the plot; `moved` hears the pointer's instant, null when it has left. */
export function plotIn(
  target: HTMLElement,
  drawn: Drawn,
  size: { width: number; height: number },
  moved: (t_s: number | null) => void,
): uPlot {
  const { viewport } = drawn;
  const options: uPlot.Options = {
    ...size,
    padding: [12, 28, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: drawn.course.calendar, range: () => [viewport.from_s, viewport.to_s] },
      y: { dir: drawn.axis.down ? -1 : 1, range: (_u, low, high) => rangeOf(drawn, low, high) },
    },
    series: [{}, ...drawn.lines.flatMap(seriesOf)],
    bands: bandsOf(drawn.lines),
    axes: axesOf(drawn.axis, drawn.course),
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
      bind: { dblclick: () => () => (viewport.all(), null) },
    },
    hooks: {
      drawAxes: [(plot) => drawTargets(plot, drawn.targets)],
      draw: [(plot) => drawn.paint?.(plot), (plot) => drawMarks(plot, drawn.marks)],
      setCursor: [
        (plot) => {
          const { left } = plot.cursor;
          moved(left === undefined || left === null || left < 0 ? null : plot.posToVal(left, "x"));
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width > 3) viewport.show(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
  return new uPlot(options, dataOf(drawn.lines, null), target);
}
