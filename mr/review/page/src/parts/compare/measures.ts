/** The measures by which sessions, months and people are compared. */

export interface Measure {
  key: string;
  label: string;
  digits: number;
  unit: string;
}

export const MEASURES: Measure[] = [
  { key: "score_pct", label: "Score", digits: 1, unit: "" },
  { key: "mean_depth_mm", label: "Mean depth", digits: 1, unit: "mm" },
  { key: "depth_in_target_pct", label: "Depth in target", digits: 0, unit: "%" },
  { key: "mean_rate_cpm", label: "Mean rate", digits: 1, unit: "/min" },
  { key: "rate_in_target_pct", label: "Rate in target", digits: 0, unit: "%" },
  { key: "release_in_target_pct", label: "Fully released", digits: 0, unit: "%" },
  { key: "ccf_pct", label: "CCF", digits: 1, unit: "%" },
];

/** A difference in words: with its sign, and whether it shows over the uncertainty. */
export function signed(by: number, text: string): string {
  return by > 0 ? `+${text}` : text;
}
