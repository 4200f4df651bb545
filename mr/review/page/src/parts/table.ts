/** What a table shows of a row, and in which order. */

import type { Snippet } from "svelte";

import { known, withUnit } from "../lib/numbers";

export type Value = string | number | null | undefined;

export interface Column<Row> {
  key: string;
  label: string;
  /** What the row is sorted by, and shown as when nothing else says how. */
  value: (row: Row) => Value;
  digits?: number;
  unit?: string;
  /** Why it is not known. */
  why?: (row: Row) => string | null | undefined;
  /** How it is written, where digits and unit do not say it. */
  text?: (row: Row) => string;
  /** What stands in the cell, where words do not. */
  cell?: Snippet<[Row]>;
  /** Set to the right, digits under digits. */
  number?: boolean;
  /** Names the row for a screen reader. */
  head?: boolean;
  unsorted?: boolean;
}

export interface Order {
  key: string;
  down: boolean;
}

export function written<Row>(column: Column<Row>, row: Row): string {
  if (column.text) return column.text(row);
  const value = column.value(row);
  return typeof value === "string" ? value : withUnit(value, column.digits, column.unit);
}

export function isUnknown(value: Value): boolean {
  return value === "" || (typeof value !== "string" && !known(value));
}

function compare(a: Value, b: Value): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

/** The rows in order; what is not known stands last, whichever way. */
export function sorted<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  order: Order | null,
): readonly Row[] {
  const column = columns.find(({ key }) => key === order?.key);
  if (column === undefined || order === null) return rows;
  const way = order.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    if (isUnknown(x) || isUnknown(y)) return Number(isUnknown(x)) - Number(isUnknown(y));
    return way * compare(x, y);
  });
}

/** `depth` and `-depth`, as an order stands in the address. */
export function orderOf(text: string | null): Order | null {
  if (!text) return null;
  return text.startsWith("-") ? { key: text.slice(1), down: true } : { key: text, down: false };
}

export function orderText(order: Order | null): string {
  return order === null ? "" : `${order.down ? "-" : ""}${order.key}`;
}
