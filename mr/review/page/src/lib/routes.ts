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
const STAFF: readonly Role[] = ["instructor", "admin"];

/** Who has sessions to see: their own, or their classes'. */
const LEARNING: readonly Role[] = ["learner", "instructor", "admin"];

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
    path: "/sessions",
    title: "Sessions",
    page: () => import("../pages/Sessions.svelte"),
    roles: LEARNING,
    menu: "Sessions",
  },
  {
    path: "/sessions/:id",
    title: "Session",
    page: () => import("../pages/Session.svelte"),
    roles: LEARNING,
  },
  {
    path: "/compare",
    title: "Compare",
    page: () => import("../pages/Compare.svelte"),
    roles: LEARNING,
  },
  {
    path: "/progress",
    title: "My progress",
    page: () => import("../pages/MyProgress.svelte"),
    roles: ["learner"],
    menu: "My progress",
  },
  {
    path: "/classes",
    title: "Classes",
    page: () => import("../pages/Classes.svelte"),
    roles: STAFF,
    menu: "Classes",
  },
  {
    path: "/classes/:id",
    title: "Class",
    page: () => import("../pages/Class.svelte"),
    roles: STAFF,
  },
  {
    path: "/learners",
    title: "Learners",
    page: () => import("../pages/Learners.svelte"),
    roles: STAFF,
    menu: "Learners",
  },
  {
    path: "/learners/:id",
    title: "Learner",
    page: () => import("../pages/Learner.svelte"),
    roles: EVERYONE,
  },
  {
    path: "/people",
    title: "People",
    page: () => import("../pages/People.svelte"),
    roles: ["admin"],
    menu: "People",
  },
  {
    path: "/settings",
    title: "Settings",
    page: () => import("../pages/Settings.svelte"),
    roles: ["admin"],
    menu: "Settings",
  },
  {
    path: "/audit",
    title: "Audit",
    page: () => import("../pages/Audit.svelte"),
    roles: ["admin"],
    menu: "Audit",
  },
  {
    path: "/me",
    title: "My data",
    page: () => import("../pages/MyData.svelte"),
    roles: EVERYONE,
    menu: "My data",
  },
  {
    path: "/badge",
    title: "Sign in by badge",
    page: () => import("../pages/BadgeIn.svelte"),
    roles: "anyone",
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
