/** The states that are told by a badge. */

export const BADGES = {
  plain: { word: "", sign: "•", tone: "quiet" },
  ok: { word: "OK", sign: "✓", tone: "good" },
  low: { word: "Low", sign: "▼", tone: "warn" },
  high: { word: "High", sign: "▲", tone: "warn" },
  fair: { word: "Fair", sign: "◐", tone: "quiet" },
  off: { word: "Off", sign: "○", tone: "quiet" },
  unknown: { word: "Unknown", sign: "?", tone: "quiet" },
  simulated: { word: "Simulated", sign: "◇", tone: "note" },
  edited: { word: "Edited", sign: "✎", tone: "note" },
  lost: { word: "Lost", sign: "✕", tone: "bad" },
} as const;

export type BadgeKind = keyof typeof BADGES;
