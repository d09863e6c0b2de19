import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { auditSchema, memberSchema, userSchema } from "../../api/contract-people.ts";
import type { tokenSchema } from "../../api/contract.ts";
import { pathOf } from "./api-client.ts";
import { listPath, type ListWanted } from "./list-page.ts";
import { ask, askPage, queryClient } from "./query-client.ts";
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

/** A page of who may look into a tenant, and as what. */
export const membersQuery = (tenant: string, wanted: ListWanted) =>
  queryOptions({
    queryKey: keyOf(tenant, "members", wanted),
    queryFn: ({ signal }) => {
      const path = listPath(["tenants", tenant, "members"], wanted);
      return askPage<Member>(path, "members", signal);
    },
  });

/** A page of the users of the core, for its platform's administrator. */
export const usersQuery = (wanted: ListWanted) =>
  queryOptions({
    queryKey: ["people", "users", wanted] as readonly unknown[],
    queryFn: ({ signal }) => askPage<User>(listPath(["users"], wanted), "users", signal),
  });

/** A page of a tenant's tokens. */
export const tokensQuery = (tenant: string, wanted: ListWanted) =>
  queryOptions({
    queryKey: keyOf(tenant, "tokens", wanted),
    queryFn: ({ signal }) => {
      const path = listPath(["tenants", tenant, "tokens"], wanted);
      return askPage<Token>(path, "tokens", signal);
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
