import type { z } from "@hono/zod-openapi";

import type { tokenSchema } from "../api/contract.ts";
import { oneOf, optional, required } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { LIST_FLAGS, showList } from "./core-list.ts";
import { tenantCommand } from "./core-session.ts";
import type { Command } from "./program.ts";
import { agoText, timeText } from "./wording.ts";

type Token = z.infer<typeof tokenSchema>;

/** token list, create, revoke. */
export const TOKEN_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "token list",
    summary: "Show a tenant's API tokens",
    flags: LIST_FLAGS,
    run: (wanted, session) => {
      const nowMs = session.context.clock.now();
      return showList<"tokens", Token>(
        session,
        {
          path: ["tenants", session.slug, "tokens"],
          name: "tokens",
          none: `Tenant ${session.slug} has no tokens; make one with: ${session.commandLine("token create NAME")}`,
          columns: [
            { title: "TOKEN", text: (token) => String(token.token_no), isNumber: true },
            { title: "NAME", text: (token) => token.name },
            { title: "ROLE", text: (token) => token.role },
            { title: "STATE", text: (token) => token.state },
            { title: "CREATED", text: (token) => timeText(token.created_at) },
            { title: "EXPIRES", text: (token) => timeText(token.expires_at) ?? "never" },
            { title: "LAST USED", text: (token) => agoText(token.last_used_at, nowMs) },
          ],
        },
        wanted,
      );
    },
  }),
  tenantCommand({
    name: "token create",
    summary: "Make an API token; it is shown this once",
    operands: { name: required("NAME", "who or what will use it") },
    flags: {
      role: oneOf(["viewer", "operator", "admin"], "what it may do (default: viewer)"),
      expiresIn: optional("DURATION", "how long it holds, such as 720h (default: until revoked)"),
    },
    run: async ({ name, role, expiresIn }, session) => {
      const body = await session.ask<{ token: string; about: Token }>({
        method: "POST",
        path: session.path(["tokens"]),
        body: { name, role, expires_in: expiresIn },
      });
      const { about } = body;
      const until = timeText(about.expires_at);
      session.show(body, () => {
        // Its text alone goes to standard output, so that a script can keep it.
        session.context.printError(
          `Token ${about.token_no} (${about.name}) of tenant ${session.slug}: role ${about.role}, ${until === undefined ? "holds until it is revoked" : `expires ${until}`}. It is shown this once:`,
        );
        return [body.token];
      });
    },
  }),
  tenantCommand({
    name: "token revoke",
    summary: "End an API token",
    operands: { token: required("TOKEN", "its number, as token list shows it") },
    run: async ({ token }, session) => {
      const path = session.path(["tokens", token, "revoke"]);
      const body = await session.ask<Token>({ method: "POST", path });
      session.show(body, () => [`Token ${body.token_no} (${body.name}) is revoked.`]);
    },
  }),
];
