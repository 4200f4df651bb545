/** The words of a chart: its lines, the target it is judged by, the events marked in it. */

import { clock, day } from "../../lib/numbers";

export interface Line {
  label: string;
  unit: string;
  digits: number;
  /** The column drawn; with `high`, the lower edge of an envelope. */
  column: string;
  /** The column of the upper edge, where one point stands for many samples. */
  high?: string;
  /** Columns of the lower and upper edge of the uncertainty. */
  spread?: readonly [low: string, high: string];
  /** A colour of `app.css`. */
  colour?: "--line-1" | "--line-2" | "--line-3";
  dashed?: boolean;
  /** Drawn on over instants at which it has no value: where several lines share the time axis. */
  joined?: boolean;
  /** A dot at each point: for few of them. */
  dots?: boolean;
}

/** The stretch of the vertical axis that is right. */
export interface Target {
  from: number;
  to: number;
  label: string;
}

export type Shape = "triangle" | "diamond" | "square" | "circle" | "cross";

export interface Mark {
  t_s: number;
  /** How long it lasts; none for an instant. */
  lasts_s?: number;
  /** What it is: `Pause`. Marks of one name share a shape and a tone; the legend names them once. */
  name: string;
  /** What is to be said of this one. */
  words?: string;
  shape: Shape;
  tone?: "plain" | "good" | "warn" | "bad";
}

/** What runs from left to right: the time of a session, or the calendar. */
export interface Course {
  label: string;
  write: (t_s: number, digits: number) => string;
  /** Steps of days and months, of seconds since 1970. */
  calendar: boolean;
}

export const SESSION: Course = { label: "Time", write: clock, calendar: false };
export const CALENDAR: Course = {
  label: "Day",
  write: (t_s) => day(new Date(t_s * 1000).toISOString()),
  calendar: true,
};

export interface Axis {
  label: string;
  /** Fixed ends; what is measured decides where none is given. */
  from?: number;
  to?: number;
  /** Larger values lower down: depth goes into the chest. */
  down?: boolean;
}
