/** Words of the server, as a person reads them. */

export const MODES: readonly (readonly [string, string])[] = [
  ["hands-only", "Hands only"],
  ["30:2", "30:2"],
  ["15:2", "15:2"],
  ["continuous", "Continuous, with an airway"],
  ["ventilation-only", "Ventilation only"],
];

export const ATTEMPTS: readonly (readonly [string, string])[] = [
  ["cold", "Cold"],
  ["practice", "Practice"],
  ["retest", "Retest"],
  ["assessment", "Assessment"],
];

export const ROLES: readonly (readonly [string, string])[] = [
  ["learner", "Learner"],
  ["instructor", "Instructor"],
  ["technician", "Technician"],
  ["admin", "Admin"],
];

/** What an observer taps while a session goes on. */
export const CHECKLIST = [
  ["scene-safe", "Scene safe"],
  ["response", "Response checked"],
  ["breathing", "Breathing checked"],
  ["help-called", "Help called"],
  ["aed", "AED sent for"],
] as const;

/** `30:2` and `hands-only` in words; what has none as it is. */
export function wordOf(of: readonly (readonly [string, string])[], value: string): string {
  return of.find(([key]) => key === value)?.[1] ?? value;
}

/** What an observer marked, in words. */
export function markWords({ what, text }: { what: string; text: string }): string {
  const word = what === "note" ? "Note" : wordOf(CHECKLIST, what);
  return text ? `${word}: ${text}` : word;
}

const ACTIONS: Record<string, string> = {
  "session.viewed": "opened a session",
  "session.exported": "exported a session",
  "learner.viewed": "opened the learner's page",
  "person.exported": "took all data along",
};

export function actionWords(action: string): string {
  return ACTIONS[action] ?? action.replace(/[.-]/g, " ");
}

const ACRONYMS = new Set(["aha", "erc", "bls", "als"]);

/** `aha-2025-adult-bls` as `AHA 2025 adult BLS`. */
export function profileName(id: string): string {
  return id
    .split("-")
    .map((part) => (ACRONYMS.has(part) ? part.toUpperCase() : part))
    .join(" ");
}
