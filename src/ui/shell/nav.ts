/** What the page's navigation and command palette lead to. Pure. */

/** A place of a tenant. */
export interface Place {
  readonly to:
    | "/t/$tenant"
    | "/t/$tenant/devices"
    | "/t/$tenant/review"
    | "/t/$tenant/sources"
    | "/t/$tenant/agents"
    | "/t/$tenant/runs"
    | "/t/$tenant/ingestion"
    | "/t/$tenant/migration"
    | "/t/$tenant/settings/users"
    | "/t/$tenant/settings/tokens"
    | "/t/$tenant/settings/audit"
    | "/t/$tenant/settings/retention";
  readonly title: string;
  readonly icon: PlaceIcon;
  /** Second key after `g`. */
  readonly key?: string;
}

/** Names of the pictures; nav-icons.tsx has them. */
export type PlaceIcon =
  | "overview"
  | "devices"
  | "review"
  | "sources"
  | "agents"
  | "runs"
  | "ingestion"
  | "migration"
  | "users"
  | "tokens"
  | "audit"
  | "retention"
  | "tenants"
  | "authorities"
  | "refusals";

/** Places that belong together. */
export interface PlaceGroup {
  readonly title?: string;
  readonly places: readonly Place[];
}

/** All places, as the navigation shows them. */
export const PLACE_GROUPS: readonly PlaceGroup[] = [
  { places: [{ to: "/t/$tenant", title: "Overview", icon: "overview", key: "o" }] },
  {
    title: "Inventory",
    places: [
      { to: "/t/$tenant/devices", title: "Devices", icon: "devices", key: "d" },
      { to: "/t/$tenant/review", title: "Review", icon: "review", key: "v" },
    ],
  },
  {
    title: "Integrations",
    places: [
      { to: "/t/$tenant/sources", title: "Sources", icon: "sources", key: "s" },
      { to: "/t/$tenant/agents", title: "Agents", icon: "agents", key: "a" },
      { to: "/t/$tenant/runs", title: "Runs", icon: "runs", key: "r" },
    ],
  },
  {
    title: "Operation",
    places: [
      { to: "/t/$tenant/ingestion", title: "Ingestion", icon: "ingestion", key: "i" },
      { to: "/t/$tenant/migration", title: "Migration", icon: "migration" },
    ],
  },
  {
    title: "Settings",
    places: [
      { to: "/t/$tenant/settings/users", title: "Users", icon: "users", key: "u" },
      { to: "/t/$tenant/settings/tokens", title: "Tokens", icon: "tokens" },
      { to: "/t/$tenant/settings/audit", title: "Audit", icon: "audit" },
      { to: "/t/$tenant/settings/retention", title: "Retention", icon: "retention" },
    ],
  },
];

/** A place of the platform, for its administrator. */
export interface PlatformPlace {
  readonly to:
    | "/platform"
    | "/platform/authorities"
    | "/platform/refusals"
    | "/platform/users"
    | "/platform/audit";
  readonly title: string;
  readonly icon: PlaceIcon;
}

/** All of them. */
export const PLATFORM_PLACES: readonly PlatformPlace[] = [
  { to: "/platform", title: "Tenants", icon: "tenants" },
  { to: "/platform/authorities", title: "Authorities", icon: "authorities" },
  { to: "/platform/refusals", title: "Refusals", icon: "refusals" },
  { to: "/platform/users", title: "Users", icon: "users" },
  { to: "/platform/audit", title: "Audit", icon: "audit" },
];

/** The same without groups. */
export const PLACES: readonly Place[] = PLACE_GROUPS.flatMap(({ places }) => places);

/** The places whose title has all the words, as they are typed. */
export function placesLike(words: string): readonly Place[] {
  const wanted = words.toLowerCase().split(/\s+/);
  return PLACES.filter(({ title }) => wanted.every((word) => title.toLowerCase().includes(word)));
}
