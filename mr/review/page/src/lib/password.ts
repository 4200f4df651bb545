/** What can be said of a password before the server judges it: its length and its sameness. */

export const LEAST_LENGTH = 10;
const STRONG_LENGTH = 16;
const LEAST_DIFFERENT = 6;

export interface Strength {
  /** Whether it may be sent. */
  enough: boolean;
  /** From 0 (empty) to 1 (strong). */
  level: number;
  words: string;
}

export function strengthOf(password: string, name = ""): Strength {
  const length = [...password].length;
  const different = new Set(password.toLowerCase()).size;
  const level = Math.min(1, length / STRONG_LENGTH);
  if (length === 0)
    return {
      enough: false,
      level,
      words: `At least ${LEAST_LENGTH} characters; a few words are good.`,
    };
  if (length < LEAST_LENGTH)
    return { enough: false, level, words: `Too short: ${length} of ${LEAST_LENGTH} characters.` };
  if (different < LEAST_DIFFERENT)
    return { enough: false, level: 0.3, words: "Too uniform: use more different characters." };
  if (name.length > 2 && password.toLowerCase().includes(name.toLowerCase()))
    return { enough: false, level: 0.3, words: "It holds your name: choose other words." };
  if (length < STRONG_LENGTH) return { enough: true, level, words: "Good. Longer is stronger." };
  return { enough: true, level: 1, words: "Strong." };
}
