import type { z } from "@hono/zod-openapi";

import type { memberSchema } from "../api/contract-people.ts";
import { needed, oneOf, required } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { LIST_FLAGS, showList } from "./core-list.ts";
import { tenantCommand } from "./core-session.ts";
import type { Command } from "./program.ts";
import { agoText } from "./wording.ts";

type Member = z.infer<typeof memberSchema>;

const NAME = required("NAME", "the user");

/** member list, set, remove. */
export const MEMBER_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "member list",
    summary: "Show who may work in a tenant",
    flags: LIST_FLAGS,
    run: (wanted, session) => {
      const nowMs = session.context.clock.now();
      return showList<"members", Member>(
        session,
        {
          path: ["tenants", session.slug, "members"],
          name: "members",
          none: `Tenant ${session.slug} has no members; give one a role with: ${session.commandLine("member set NAME --role viewer")}`,
          columns: [
            { title: "USER", text: (member) => member.username },
            { title: "NAME", text: (member) => member.display_name },
            { title: "ROLE", text: (member) => member.role },
            { title: "FROM", text: (member) => (member.by_oidc ? "OIDC group" : "here") },
            { title: "LAST LOG-IN", text: (member) => agoText(member.last_login_at, nowMs) },
          ],
        },
        wanted,
      );
    },
  }),
  tenantCommand({
    name: "member set",
    summary: "Give a user a role in a tenant",
    operands: { name: NAME },
    flags: { role: needed(oneOf(["viewer", "operator", "admin"], "what he may do")) },
    run: async ({ name, role }, session) => {
      const path = session.path(["members", name]);
      const body = await session.ask<Member>({ method: "PUT", path, body: { role } });
      session.show(body, () => [
        `User ${body.username} is ${body.role} in tenant ${session.slug}.`,
      ]);
    },
  }),
  tenantCommand({
    name: "member remove",
    summary: "Take a user's role in a tenant away",
    operands: { name: NAME },
    run: async ({ name }, session) => {
      await session.ask({ method: "DELETE", path: session.path(["members", name]) });
      session.show({}, () => [`User ${name} has no role in tenant ${session.slug} any more.`]);
    },
  }),
];
