/** What a screen reader is told of changes that focus does not show. */

let words = $state("");

/** Say it politely; the same words twice are said twice. */
export function announce(what: string): void {
  words = words === what ? `${what}\u00a0` : what;
}

export function announced(): string {
  return words;
}
