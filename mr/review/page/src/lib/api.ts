/**
 * Calls to the server, typed by its OpenAPI description.
 *
 * Every call ends: by its answer, by an `ApiError` whose words can be shown to a person, or by
 * an `AbortError` when the page that asked was left (`left()` tells; show nothing then).
 */

import type { paths } from "./api-types";

type Method = "get" | "post" | "put" | "patch" | "delete";
type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;
type PathsWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, object> ? P : never;
}[keyof paths];

type Part<O, K extends string> = O extends { parameters: { [X in K]?: infer V } } ? V : never;
type BodyOf<O> = O extends { requestBody?: { content: { "application/json": infer B } } }
  ? B
  : never;
type Good<O> = O extends { responses: infer R } ? R[keyof R & (200 | 201 | 202)] : never;
export type Answer<P extends keyof paths, M extends Method> =
  Good<Operation<P, M>> extends { content: { "application/json": infer A } } ? A : null;

export interface Asked<O> {
  /** What stands in the path's braces. */
  params?: Part<O, "path">;
  query?: Part<O, "query">;
  body?: BodyOf<O>;
  header?: Part<O, "header">;
  /** What is sent as it is, in place of a `body`. */
  bytes?: Blob;
  /** Ends the call early; leaving the page ends it in any case. */
  signal?: AbortSignal;
  timeout_s?: number;
  /** A 401 is this page's own business: do not lead to the sign-in page. */
  stay?: boolean;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    words: string,
    /** True when asking again may help: nothing was answered. */
    readonly again: boolean = false,
  ) {
    super(words);
    this.name = "ApiError";
  }
}

const TIMEOUT_S = 30;
const OFFLINE =
  "The server cannot be reached. Check that it runs and that this device is on its network.";

let csrf_token = "";
let page = new AbortController();
let whenSignedOut: () => void = () => undefined;

export function carry(token: string): void {
  csrf_token = token;
}

/** Say what happens when the server no longer knows who asks. */
export function onSignedOut(act: () => void): void {
  whenSignedOut = act;
}

/** End the calls of the page that is left. */
export function leavePage(): void {
  page.abort();
  page = new AbortController();
}

/** Was the call ended because nobody waits for it any more? */
export function left(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** Words for whatever a call threw. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Fill in a path's braces and its query; values of null or undefined are left out. */
export function address(path: string, params: object = {}, query: object = {}): string {
  const values = new Map<string, unknown>(Object.entries(params));
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(values.get(name))),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== "") search.append(name, String(one));
    }
  }
  return search.size > 0 ? `${filled}?${search}` : filled;
}

async function refusal(response: Response): Promise<ApiError> {
  const said: unknown = await response.json().catch(() => null);
  const { error, code } = (said ?? {}) as { error?: unknown; code?: unknown };
  const words = typeof error === "string" ? error : `The server answered ${response.status}.`;
  return new ApiError(response.status, typeof code === "string" ? code : "unknown", words);
}

/** Ask, and give the answer whole: for bytes and for headers. */
export async function ask<P extends keyof paths, M extends Method>(
  method: M,
  path: P,
  asked: Asked<Operation<P, M>> = {},
): Promise<Response> {
  const timeout = AbortSignal.timeout((asked.timeout_s ?? TIMEOUT_S) * 1000);
  const signals = [page.signal, timeout, ...(asked.signal ? [asked.signal] : [])];
  const headers = new Headers({ Accept: "application/json, application/octet-stream" });
  if (method !== "get") headers.set("X-CSRF-Token", csrf_token);
  const init: RequestInit = {
    method: method.toUpperCase(),
    headers,
    credentials: "same-origin",
    signal: AbortSignal.any(signals),
  };
  for (const [name, value] of Object.entries(asked.header ?? {})) headers.set(name, String(value));
  if (asked.bytes !== undefined) init.body = asked.bytes;
  if (asked.body !== undefined) {
    headers.set("Content-Type", "application/json");
    init.body = JSON.stringify(asked.body);
  }
  let response: Response;
  try {
    response = await fetch(address(path, asked.params ?? {}, asked.query ?? {}), init);
  } catch (error) {
    if (left(error)) throw error;
    if (timeout.aborted)
      throw new ApiError(0, "timeout", "The server took too long to answer.", true);
    throw new ApiError(0, "offline", OFFLINE, true);
  }
  if (response.ok) return response;
  if (response.status === 401 && !asked.stay) whenSignedOut();
  throw await refusal(response);
}

async function json<P extends keyof paths, M extends Method>(
  method: M,
  path: P,
  asked: Asked<Operation<P, M>>,
): Promise<Answer<P, M>> {
  const response = await ask(method, path, asked);
  return (response.status === 204 ? null : await response.json()) as Answer<P, M>;
}

function asker<M extends Method>(method: M) {
  return <P extends PathsWith<M>>(path: P, asked: Asked<Operation<P, M>> = {}) =>
    json<P, M>(method, path, asked);
}

export const api = {
  get: asker("get"),
  post: asker("post"),
  put: asker("put"),
  patch: asker("patch"),
  delete: asker("delete"),
};
