/**
 * The table of pages: one line a page. The menu is made of it too.
 *
 * `roles` says who is led to a page; what a person may read the server alone decides.
 */

import type { Component } from "svelte";

import type { Role } from "./me.svelte";

export interface PageProps {
  params: Record<string, string>;
}

// Some pages take `params`, some take nothing: what they share is that Svelte can show them.
export type Page = Component<any>;

export interface Route {
  path: string;
  title: string;
  page: () => Promise<{ default: Page }>;
  /** Who is led here; "anyone" also stands for people who are not signed in. */
  roles: readonly Role[] | "anyone";
  /** The word in the menu; none for a page that is reached from another. */
  menu?: string;
}

const EVERYONE: readonly Role[] = ["learner", "instructor", "technician", "admin"];

export const routes: Route[] = [
  { path: "/setup", title: "Set up", page: () => import("../pages/SetUp.svelte"), roles: "anyone" },
  {
    path: "/sign-in",
    title: "Sign in",
    page: () => import("../pages/SignIn.svelte"),
    roles: "anyone",
  },
  {
    path: "/",
    title: "Home",
    page: () => import("../pages/Home.svelte"),
    roles: EVERYONE,
    menu: "Home",
  },
  {
    path: "/wall/:course",
    title: "Wall",
    page: () => import("../pages/Wall.svelte"),
    roles: ["instructor", "admin"],
  },
  {
    path: "/desk/:rig",
    title: "Desk",
    page: () => import("../pages/Desk.svelte"),
    roles: "anyone",
  },
  {
    path: "/fleet",
    title: "Fleet",
    page: () => import("../pages/Fleet.svelte"),
    roles: ["technician", "admin"],
    menu: "Fleet",
  },
];

// Left out of what is shipped: `vite build --mode gallery` and `npm run dev` have it.
if (import.meta.env.MODE !== "production") {
  routes.push({
    path: "/__gallery",
    title: "Gallery",
    page: () => import("../pages/Gallery.svelte"),
    roles: "anyone",
  });
}
