/** What groups of an identity provider may do here. Pure. */
import { err, ok, type Result } from "../lib/result.ts";
import { ROLES, type Role } from "./tokens.ts";

/** A group, and the role that it gives in a tenant. */
export interface GroupRole {
  readonly group: string;
  /** Slug. */
  readonly tenant: string;
  readonly role: Role;
}

/** Reads "GROUP=TENANT:ROLE"; a group's name may hold "=". The error goes behind the setting's name. */
export function parseGroupRole(text: string): Result<GroupRole> {
  const [, group = "", tenant = "", word = ""] = /^(.+)=([^=:]+):(\w+)$/.exec(text) ?? [];
  const role = ROLES.find((one) => one === word);
  if (group !== "" && role !== undefined) return ok({ group, tenant, role });
  return err(`"${text}" is not GROUP=TENANT:ROLE, where the role is one of ${ROLES.join(", ")}`);
}

/** The roles of who is in these groups, by tenant: of several the highest. */
export function rolesOf(
  groups: readonly string[],
  mapping: readonly GroupRole[],
): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>();
  for (const { group, tenant, role } of mapping) {
    if (!groups.includes(group)) continue;
    const held = roles.get(tenant);
    if (held === undefined || ROLES.indexOf(role) > ROLES.indexOf(held)) roles.set(tenant, role);
  }
  return roles;
}

/** The groups that a claim holds: a list, or one text. Others are none. */
export function groupsIn(claim: unknown): readonly string[] {
  if (typeof claim === "string") return [claim];
  return Array.isArray(claim) ? claim.filter((one) => typeof one === "string") : [];
}
