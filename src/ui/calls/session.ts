import type { z } from "@hono/zod-openapi";
import { queryOptions, useQuery } from "@tanstack/react-query";

import type {
  loginWaysSchema,
  sessionSchema,
  setupStateSchema,
} from "../../api/contract-people.ts";
import { ApiProblem } from "./api-client.ts";
import { ask, queryClient, SESSION_KEY } from "./query-client.ts";

/** Roles in a tenant, each with what the one before may. */
export const ROLES = ["viewer", "operator", "admin"] as const;
/** One of them. */
export type Role = (typeof ROLES)[number];

/** Who is logged in, and where they may look. */
export type Session = z.infer<typeof sessionSchema>;

/** Who is logged in; null where nobody is. */
export const sessionQuery = queryOptions({
  queryKey: SESSION_KEY,
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await ask<Session>({ path: "/api/v1/session", signal });
    } catch (thrown) {
      if (thrown instanceof ApiProblem && thrown.status === 401) return null;
      throw thrown;
    }
  },
  staleTime: 60_000,
});

/** Ways to log in. */
export const loginWays = queryOptions({
  queryKey: ["login"],
  queryFn: ({ signal }) => ask<z.infer<typeof loginWaysSchema>>({ path: "/api/v1/login", signal }),
});

/** Whether this core still waits for its first user. */
export const setupNeeded = queryOptions({
  queryKey: ["setup"],
  queryFn: ({ signal }) => ask<z.infer<typeof setupStateSchema>>({ path: "/api/v1/setup", signal }),
});

/** What proves who somebody is. */
export type Proof =
  | { readonly username: string; readonly password: string }
  | { readonly link: string };

/** Logs in. Throws ApiProblem. */
export async function logIn(proof: Proof): Promise<void> {
  await ask({ method: "POST", path: "/api/v1/session", body: proof });
  await queryClient.invalidateQueries({ queryKey: SESSION_KEY });
}

/** Makes the first user, who is then logged in. Throws ApiProblem. */
export async function setUp(first: {
  readonly token: string;
  readonly username: string;
  readonly password: string;
}): Promise<void> {
  await ask({ method: "POST", path: "/api/v1/setup", body: first });
  const { username, password } = first;
  queryClient.clear();
  if ((await queryClient.fetchQuery(sessionQuery)) === null) await logIn({ username, password });
}

/** Changes one's own password; `current` is left out by who has none yet. Throws ApiProblem. */
export async function changePassword(asked: {
  readonly current?: string;
  readonly new: string;
}): Promise<void> {
  await ask({ method: "POST", path: "/api/v1/session/password", body: asked });
  await queryClient.invalidateQueries({ queryKey: SESSION_KEY });
}

/** Logs out and forgets all that was asked. */
export async function logOut(): Promise<void> {
  await ask({ method: "DELETE", path: "/api/v1/session" });
  queryClient.clear();
}

/** Whether a role has all that another one may. */
export function hasRole(role: Role | undefined, least: Role): boolean {
  return role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/** Why somebody may not: "Needs the role operator in acme; yours is viewer." Undefined where they may. */
export function refusalOf(
  role: Role | undefined,
  { least, tenant }: { readonly least: Role; readonly tenant: string },
): string | undefined {
  if (hasRole(role, least)) return undefined;
  return `Needs the role ${least} in ${tenant}; ${role === undefined ? "you have none" : `yours is ${role}`}.`;
}

/** Why who is logged in may not do in the tenant what needs a role, for a button's `refusal`. The core decides; the page only says so before. */
export function useRefusal(tenant: string, least: Role): string | undefined {
  const { data: session } = useQuery(sessionQuery);
  const own = session?.tenants.find(({ slug }) => slug === tenant);
  return refusalOf(own?.role, { least, tenant: own?.name ?? tenant });
}

/** As `useRefusal`, of what the platform's administrator may do in every tenant. */
export function useRefusalButOfPlatform(tenant: string, least: Role): string | undefined {
  const { data: session } = useQuery(sessionQuery);
  const refusal = useRefusal(tenant, least);
  return session?.user.is_platform_admin === true ? undefined : refusal;
}
