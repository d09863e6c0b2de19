import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { auditSchema, memberSchema, userSchema } from "../../api/contract-people.ts";
import type { tenantSchema, tokenSchema } from "../../api/contract.ts";
import { pathOf } from "./api-client.ts";
import { ask, queryClient } from "./query-client.ts";
import type { Role } from "./session.ts";

/** A user in a tenant. */
export type Member = z.infer<typeof memberSchema>;
/** A user of the core. */
export type User = z.infer<typeof userSchema>;
/** A token without its text. */
export type Token = z.infer<typeof tokenSchema>;
/** A change: who, what, before and after. */
export type AuditEntry = z.infer<typeof auditSchema>;

const keyOf = (tenant: string, thing: string, ...rest: readonly unknown[]): readonly unknown[] => [
  "people",
  tenant,
  thing,
  ...rest,
];

/** Who may look into a tenant, and as what. */
export const membersQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "members"),
    queryFn: async ({ signal }) => {
      const path = pathOf(["tenants", tenant, "members"]);
      return (await ask<{ readonly members: readonly Member[] }>({ path, signal })).members;
    },
  });

/** All users of the core, for its platform's administrator. */
export const usersQuery = queryOptions({
  queryKey: ["people", "users"],
  queryFn: async ({ signal }) =>
    (await ask<{ readonly users: readonly User[] }>({ path: "/api/v1/users", signal })).users,
});

/** Tenants: all for the platform's administrator, else one's own. */
export const tenantsQuery = queryOptions({
  queryKey: ["people", "tenants"],
  queryFn: async ({ signal }) => {
    type Answer = { readonly tenants: readonly z.infer<typeof tenantSchema>[] };
    return (await ask<Answer>({ path: "/api/v1/tenants", signal })).tenants;
  },
});

/** Tokens of a tenant. */
export const tokensQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "tokens"),
    queryFn: async ({ signal }) => {
      const path = pathOf(["tenants", tenant, "tokens"]);
      return (await ask<{ readonly tokens: readonly Token[] }>({ path, signal })).tokens;
    },
  });

/** Which changes are wanted. */
export interface AuditWanted {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly after?: string | undefined;
}

/** A page of changes, the newest first. */
export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  readonly next?: string;
}

/** Changes of a tenant. */
export const auditPageQuery = (tenant: string, wanted: AuditWanted) =>
  queryOptions({
    queryKey: keyOf(tenant, "audit", wanted),
    queryFn: ({ signal }) =>
      ask<AuditPage>({ path: pathOf(["tenants", tenant, "audit"], { ...wanted }), signal }),
  });

/** Sends a change of people or tokens, and has what is shown of them asked for anew. Throws ApiProblem. */
export async function changePeople<T>(asked: {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: readonly string[];
  readonly body?: unknown;
}): Promise<T> {
  const { method, path, body } = asked;
  const answer = await ask<T>({
    method,
    path: pathOf(path),
    ...(body === undefined ? {} : { body }),
  });
  await queryClient.invalidateQueries({ queryKey: ["people"] });
  return answer;
}

/** Gives a user a role in a tenant. */
export async function setMember(tenant: string, username: string, role: Role): Promise<void> {
  const path = ["tenants", tenant, "members", username];
  await changePeople({ method: "PUT", path, body: { role } });
}
