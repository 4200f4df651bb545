/**
 * Every number that a person reads is written here: one place for digits, units and the unknown.
 *
 * A value that is not known is written as a dash, and its reason goes with it (`parts/Num.svelte`).
 */

export const UNKNOWN = "–";
export const NOT_MEASURED = "not measured";

const THIN_SPACE = "\u202f";
const MINUS = "\u2212";
const LOCALE = "en-GB";

export type Maybe = number | null | undefined;

export function known(value: Maybe): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

const formats = new Map<number, Intl.NumberFormat>();

/** One of each is made once: making them takes far longer than using them. */
function formatOf(digits: number): Intl.NumberFormat {
  const known = formats.get(digits);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat(LOCALE, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: "negative", // what is shown as nothing has no sign
  });
  formats.set(digits, made);
  return made;
}

/** A number with its unit: `51.2 mm`; a dash when it is not known. */
export function withUnit(value: Maybe, digits = 0, unit = ""): string {
  if (!known(value)) return UNKNOWN;
  const text = formatOf(digits).format(value);
  const written = text.replace("-", MINUS);
  if (unit === "") return written;
  return unit === "%" ? `${written}%` : `${written}${THIN_SPACE}${unit}`;
}

/** A time within a session: `1:05`, `1:05.2`, `1:00:05`. */
export function clock(t_s: Maybe, digits = 0): string {
  if (!known(t_s)) return UNKNOWN;
  const scale = 10 ** digits;
  const whole = Math.round(Math.abs(t_s) * scale) / scale;
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const seconds = (whole % 60).toFixed(digits).padStart(digits > 0 ? digits + 3 : 2, "0");
  const head = hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}` : String(minutes);
  return `${t_s < 0 ? MINUS : ""}${head}:${seconds}`;
}

const DAY = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric" });
const MOMENT = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

/** A date stays on one line. */
function unbroken(date: string): string {
  return date.replaceAll(" ", "\u00a0");
}

/** The day of an ISO time, in the reader's time zone: `3 Nov 2026`. */
export function day(iso: string | null | undefined): string {
  return iso ? unbroken(DAY.format(new Date(iso))) : UNKNOWN;
}

/** Day and time of an ISO time, in the reader's time zone. */
export function moment(iso: string | null | undefined): string {
  return iso ? unbroken(MOMENT.format(new Date(iso))) : UNKNOWN;
}

/** A count with its noun: `1 session`, `1,204 sessions`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${withUnit(count)} ${count === 1 ? one : many}`;
}
