/**
 * Where we are: the address bar is the truth, filters included.
 *
 * Takes the table of `routes.ts`, gives the matching route, its parameters and the query. Links
 * are ordinary `<a href="/…">`; back and forward work. `App.svelte` moves the focus.
 */

import { leavePage } from "./api";
import { type Route, routes } from "./routes";

export interface Match {
  route: Route;
  params: Record<string, string>;
}

type Filters = Record<string, string | number | null | undefined>;

/** The parameters when `path` is of the form of `pattern` (`/sessions/:id`), else null. */
export function paramsOf(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const value = given[i] ?? "";
    if (!part.startsWith(":")) {
      if (part !== value) return null;
      continue;
    }
    if (value === "") return null;
    try {
      params[part.slice(1)] = decodeURIComponent(value);
    } catch {
      return null; // a broken escape names no page
    }
  }
  return params;
}

export function matching(path: string): Match | null {
  const bare = path.length > 1 ? path.replace(/\/+$/, "") : path;
  for (const route of routes) {
    const params = paramsOf(route.path, bare);
    if (params !== null) return { route, params };
  }
  return null;
}

class Router {
  #url = $state.raw(new URL(location.href));
  #path = $derived(this.#url.pathname);
  #match = $derived(matching(this.#path));
  #query = $derived(new URLSearchParams(this.#url.search));
  /** How far the page was scrolled when it was left, for back and forward. */
  scroll_px = 0;
  title = $state("");

  constructor() {
    history.scrollRestoration = "manual";
    window.addEventListener("popstate", (event) => {
      this.#arrive((event.state as { scroll_px?: number } | null)?.scroll_px ?? 0);
    });
    document.addEventListener("click", (event) => this.#clicked(event));
  }

  get path(): string {
    return this.#path;
  }

  get here(): string {
    return this.#url.pathname + this.#url.search;
  }

  get match(): Match | null {
    return this.#match;
  }

  get query(): URLSearchParams {
    return this.#query;
  }

  go(to: string, how: { replace?: boolean } = {}): void {
    const url = new URL(to, location.origin);
    if (url.origin !== location.origin) throw new Error(`${to} is not an address of this server`);
    if (how.replace) history.replaceState(null, "", url);
    else {
      history.replaceState({ scroll_px: window.scrollY }, "");
      history.pushState(null, "", url);
    }
    this.#arrive(0);
  }

  /** Change some filters in the address; those that are null or empty leave it. */
  filter(changed: Filters, how: { replace?: boolean } = {}): void {
    const query = new URLSearchParams(this.#query);
    for (const [name, value] of Object.entries(changed)) {
      if (value === null || value === undefined || value === "") query.delete(name);
      else query.set(name, String(value));
    }
    const to = query.size > 0 ? `${this.#path}?${query}` : this.#path;
    if (to !== this.here) this.go(to, how);
  }

  #arrive(scroll_px: number): void {
    const url = new URL(location.href);
    if (url.pathname !== this.#url.pathname) leavePage();
    this.scroll_px = scroll_px;
    this.#url = url;
  }

  #clicked(event: MouseEvent): void {
    const changed = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || event.button !== 0 || changed) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || link.target !== "" || link.hasAttribute("download")) return;
    const url = new URL(link.href, location.href);
    const ours = url.origin === location.origin && !url.pathname.startsWith("/api/");
    if (!ours || (link.getAttribute("href") ?? "#").startsWith("#")) return;
    event.preventDefault();
    this.go(url.pathname + url.search);
  }
}

export const router = new Router();

/** A path of this server to return to; the home page for anything else. */
export function safeReturn(path: string | null): string {
  if (path === null || !path.startsWith("/")) return "/";
  const url = new URL(path, location.origin);
  return url.origin === location.origin ? url.pathname + url.search : "/";
}
