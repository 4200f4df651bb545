/** In words: what a chart shows at an instant. */

import { NOT_MEASURED, UNKNOWN, withUnit } from "../../lib/numbers";
import type { Course, Line, Mark } from "./kinds";
import { nearest, type Trace } from "./trace";

/** A line's value at a row: `51.2 mm`, or `48.0 to 52.1 mm` where the row stands for many. */
export function valueAt(line: Line, trace: Trace, row: number): string {
  const low = trace.columns[line.column]?.[row];
  const high = line.high === undefined ? low : trace.columns[line.high]?.[row];
  const text = withUnit(low, line.digits, line.unit);
  if (text === UNKNOWN || low === high) return text;
  return `${withUnit(low, line.digits)} to ${withUnit(high, line.digits, line.unit)}`;
}

/** A mark in words: `Pause: 7.0 s`. */
export function said(mark: Mark): string {
  return mark.words ? `${mark.name}: ${mark.words}` : mark.name;
}

/** Everything at an instant: its time, each line's value, the marks that stand there. */
export function readout(
  at_s: number,
  trace: Trace | null,
  lines: readonly Line[],
  marks: readonly Mark[],
  near_s: number,
  course: Course,
): string {
  const parts = [course.write(at_s, 2)];
  const row = trace === null ? -1 : nearest(trace.t_s, at_s);
  if (trace !== null && row >= 0)
    for (const line of lines) {
      const value = valueAt(line, trace, row);
      parts.push(`${line.label} ${value === UNKNOWN ? NOT_MEASURED : value}`);
    }
  for (const mark of marks) {
    const end_s = mark.t_s + (mark.lasts_s ?? 0);
    if (at_s >= mark.t_s - near_s && at_s <= end_s + near_s) parts.push(said(mark));
  }
  return parts.join(" · ");
}
