/** Which path shows which page. A page is loaded when somebody goes there. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";

import { queryClient } from "../calls/query-client.ts";
import { sessionQuery, setupNeeded, type Session } from "../calls/session.ts";
import { NotFound, RouteError, RoutePending } from "./route-states.tsx";
import { PlatformShell } from "./shell.tsx";
import { TenantFrame } from "./tenant-frame.tsx";

type DevicesSearch = {
  readonly q?: string | undefined;
  readonly query?: string | undefined;
  readonly sort?: string | undefined;
  readonly columns?: string | undefined;
  readonly from?: string | undefined;
  readonly end?: true | undefined;
};
type ReviewSearch = {
  readonly kind?: string | undefined;
  readonly case?: string | undefined;
};
type RunsSearch = {
  readonly source?: string | undefined;
  readonly outcome?: string | undefined;
};

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search): { next?: string | undefined } => ({ next: pathIn(search["next"]) }),
  component: lazyRouteComponent(() => import("../pages/login-page.tsx"), "LoginPage"),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  beforeLoad: async () => {
    const { needed } = await queryClient.fetchQuery(setupNeeded);
    if (!needed) throw redirect({ to: "/" });
  },
  component: lazyRouteComponent(() => import("../pages/setup-page.tsx"), "SetupPage"),
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: async () => {
    const { tenants, user } = await sessionOrLogin("/");
    const [first] = tenants;
    if (first !== undefined) throw redirect({ to: "/t/$tenant", params: { tenant: first.slug } });
    throw redirect({ to: user.is_platform_admin ? "/platform" : "/no-tenant" });
  },
});

const noTenant = createRoute({
  getParentRoute: () => root,
  path: "/no-tenant",
  component: lazyRouteComponent(() => import("../pages/no-tenant-page.tsx"), "NoTenantPage"),
});

const tenant = createRoute({
  getParentRoute: () => root,
  path: "/t/$tenant",
  beforeLoad: async ({ location }) => {
    await sessionOrLogin(location.href);
  },
  component: TenantFrame,
  notFoundComponent: NotFound,
});

const overview = createRoute({
  getParentRoute: () => tenant,
  path: "/",
  component: lazyRouteComponent(
    () => import("../pages/overview/overview-page.tsx"),
    "OverviewPage",
  ),
});

const devices = createRoute({
  getParentRoute: () => tenant,
  path: "/devices",
  validateSearch: (search): DevicesSearch => ({
    q: text(search["q"]),
    query: text(search["query"]),
    sort: text(search["sort"]),
    columns: text(search["columns"]),
    from: text(search["from"]),
    end: search["end"] === true ? true : undefined,
  }),
  component: lazyRouteComponent(() => import("../pages/devices/devices-page.tsx"), "DevicesPage"),
});

const device = createRoute({
  getParentRoute: () => tenant,
  path: "/devices/$device",
  validateSearch: (search): { tab?: string | undefined } => ({ tab: text(search["tab"]) }),
  component: lazyRouteComponent(() => import("../pages/devices/device-page.tsx"), "DevicePage"),
});

const review = createRoute({
  getParentRoute: () => tenant,
  path: "/review",
  validateSearch: (search): ReviewSearch => ({
    kind: text(search["kind"]),
    case: text(search["case"]),
  }),
  component: lazyRouteComponent(() => import("../pages/review/review-page.tsx"), "ReviewPage"),
});

const sources = createRoute({
  getParentRoute: () => tenant,
  path: "/sources",
  component: lazyRouteComponent(() => import("../pages/sources/sources-page.tsx"), "SourcesPage"),
});

const newSource = createRoute({
  getParentRoute: () => tenant,
  path: "/sources/new",
  validateSearch: (search): { source?: string | undefined } => ({
    source: text(search["source"]),
  }),
  component: lazyRouteComponent(
    () => import("../pages/new-source/new-source-page.tsx"),
    "NewSourcePage",
  ),
});

const source = createRoute({
  getParentRoute: () => tenant,
  path: "/sources/$source",
  validateSearch: (search): { tab?: string | undefined } => ({ tab: text(search["tab"]) }),
  component: lazyRouteComponent(() => import("../pages/sources/source-page.tsx"), "SourcePage"),
});

const agents = createRoute({
  getParentRoute: () => tenant,
  path: "/agents",
  validateSearch: (search): { enrol?: string | undefined } => ({ enrol: text(search["enrol"]) }),
  component: lazyRouteComponent(() => import("../pages/agents/agents-page.tsx"), "AgentsPage"),
});

const runs = createRoute({
  getParentRoute: () => tenant,
  path: "/runs",
  validateSearch: (search): RunsSearch => ({
    source: text(search["source"]),
    outcome: text(search["outcome"]),
  }),
  component: lazyRouteComponent(() => import("../pages/runs/runs-page.tsx"), "RunsPage"),
});

const run = createRoute({
  getParentRoute: () => tenant,
  path: "/runs/$run",
  component: lazyRouteComponent(() => import("../pages/runs/run-page.tsx"), "RunPage"),
});

const migration = createRoute({
  getParentRoute: () => tenant,
  path: "/migration",
  component: lazyRouteComponent(
    () => import("../pages/migration/migration-page.tsx"),
    "MigrationPage",
  ),
});

const ingestion = createRoute({
  getParentRoute: () => tenant,
  path: "/ingestion",
  component: lazyRouteComponent(
    () => import("../pages/ingestion/ingestion-page.tsx"),
    "IngestionPage",
  ),
});

const users = createRoute({
  getParentRoute: () => tenant,
  path: "/settings/users",
  component: lazyRouteComponent(() => import("../pages/settings/users-page.tsx"), "UsersPage"),
});

const tokens = createRoute({
  getParentRoute: () => tenant,
  path: "/settings/tokens",
  component: lazyRouteComponent(() => import("../pages/settings/tokens-page.tsx"), "TokensPage"),
});

const audit = createRoute({
  getParentRoute: () => tenant,
  path: "/settings/audit",
  component: lazyRouteComponent(() => import("../pages/settings/audit-page.tsx"), "AuditPage"),
});

const retention = createRoute({
  getParentRoute: () => tenant,
  path: "/settings/retention",
  component: lazyRouteComponent(
    () => import("../pages/settings/retention-page.tsx"),
    "RetentionPage",
  ),
});

const settings = createRoute({
  getParentRoute: () => tenant,
  path: "/settings",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/t/$tenant/settings/users", params });
  },
});

const platform = createRoute({
  getParentRoute: () => root,
  path: "/platform",
  beforeLoad: async ({ location }) => {
    const { user } = await sessionOrLogin(location.href);
    if (!user.is_platform_admin) throw redirect({ to: "/" });
  },
  component: PlatformShell,
  notFoundComponent: NotFound,
});

const platformTenants = createRoute({
  getParentRoute: () => platform,
  path: "/",
  component: lazyRouteComponent(
    () => import("../pages/platform/platform-tenants-page.tsx"),
    "PlatformTenantsPage",
  ),
});

const authorities = createRoute({
  getParentRoute: () => platform,
  path: "/authorities",
  component: lazyRouteComponent(
    () => import("../pages/platform/authorities-page.tsx"),
    "AuthoritiesPage",
  ),
});

const refusals = createRoute({
  getParentRoute: () => platform,
  path: "/refusals",
  component: lazyRouteComponent(
    () => import("../pages/platform/refusals-page.tsx"),
    "RefusalsPage",
  ),
});

const platformUsers = createRoute({
  getParentRoute: () => platform,
  path: "/users",
  component: lazyRouteComponent(
    () => import("../pages/platform/platform-users-page.tsx"),
    "PlatformUsersPage",
  ),
});

const platformAudit = createRoute({
  getParentRoute: () => platform,
  path: "/audit",
  component: lazyRouteComponent(
    () => import("../pages/platform/platform-audit-page.tsx"),
    "PlatformAuditPage",
  ),
});

const inventory = [overview, devices, device, review] as const;
const integrations = [sources, newSource, source, agents, runs, run, migration] as const;
const operation = [ingestion, settings, users, tokens, audit, retention] as const;
const ofPlatform = [platformTenants, authorities, refusals, platformUsers, platformAudit] as const;

/** The router. */
export const router = createRouter({
  routeTree: root.addChildren([
    home,
    login,
    setup,
    noTenant,
    platform.addChildren([...ofPlatform]),
    tenant.addChildren([...inventory, ...integrations, ...operation]),
  ]),
  defaultPreload: false,
  defaultPendingComponent: RoutePending,
  defaultErrorComponent: RouteError,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

/** Who is logged in; sends to the log-in, or to the first set-up, where nobody is. */
async function sessionOrLogin(next: string): Promise<Session> {
  const session = await queryClient.ensureQueryData(sessionQuery);
  if (session !== null) return session;
  const { needed } = await queryClient.fetchQuery(setupNeeded);
  if (needed) throw redirect({ to: "/setup" });
  throw redirect({ to: "/login", search: { next: next === "/" ? undefined : next } });
}

function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A path of ours; a link must not lead from the log-in to another site. */
function pathIn(value: unknown): string | undefined {
  const path = text(value);
  return path !== undefined && /^\/(?![/\\])/.test(path) ? path : undefined;
}
