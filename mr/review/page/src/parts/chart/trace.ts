/** What a chart draws: columns over time, asked for stretch by stretch. */

import { ApiError } from "../../lib/api";

export interface Trace {
  t_s: ArrayLike<number>;
  /** By name; NaN where nothing is known. */
  columns: Record<string, ArrayLike<number>>;
  /** True when every sample of the stretch is in it: a closer look would show no more. */
  exact: boolean;
}

/** Gives about `points` rows of a stretch; `signal` ends it when the answer is no longer wanted. */
export type Loader = (
  from_s: number,
  to_s: number,
  points: number,
  signal: AbortSignal,
) => Promise<Trace>;

/** A loader of what is already here. */
export function whole(t_s: ArrayLike<number>, columns: Record<string, ArrayLike<number>>): Loader {
  return () => Promise.resolve({ t_s, columns, exact: true });
}

/** Columns of the little-endian float32 rows that `/api/sessions/{id}/trace` sends. */
export async function traceOf(response: Response, names: readonly string[]): Promise<Trace> {
  const bytes = new DataView(await response.arrayBuffer());
  const width = names.length + 1;
  const rows = Number(response.headers.get("X-Rows"));
  if (bytes.byteLength !== rows * width * 4)
    throw new ApiError(
      response.status,
      "trace-cut",
      "The trace came in part only. Try again.",
      true,
    );
  const read = (column: number) =>
    Float32Array.from({ length: rows }, (_, row) =>
      bytes.getFloat32((row * width + column) * 4, true),
    );
  return {
    t_s: read(0),
    columns: Object.fromEntries(names.map((name, i) => [name, read(i + 1)])),
    exact: response.headers.get("X-Exact") === "1",
  };
}

/** The index of the row nearest to an instant; -1 when there is none. */
export function nearest(t_s: ArrayLike<number>, at_s: number): number {
  let [low, high] = [0, t_s.length - 1];
  if (high < 0) return -1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((t_s[middle] ?? 0) < at_s) low = middle + 1;
    else high = middle;
  }
  const before = Math.max(low - 1, 0);
  return Math.abs((t_s[before] ?? 0) - at_s) <= Math.abs((t_s[low] ?? 0) - at_s) ? before : low;
}
