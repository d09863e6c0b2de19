import { readFile } from "node:fs/promises";

import type { z } from "@hono/zod-openapi";

import type { authoritySchema } from "../api/contract-authorities.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";
import { required } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { WHOLE_FLAGS, showList } from "./core-list.ts";
import { pagesOf, type Page } from "./core-pages.ts";
import { Misuse, RefusedRequest, tenantCommand, type TenantSession } from "./core-session.ts";
import type { Command } from "./program.ts";
import type { Column } from "./table.ts";
import { timeText } from "./wording.ts";

type Authority = z.infer<typeof authoritySchema>;

/** Hexadecimal digits that tell two keys apart for people. */
const KEY_CHARS = 16;

/** The columns of a list of authorities. */
export const authorityColumns: readonly Column<Authority>[] = [
  { title: "AUTHORITY", text: ({ subject }) => subject },
  { title: "KEY", text: ({ spki_sha256: key }) => key.slice(0, KEY_CHARS) },
  { title: "ENDS", text: ({ not_after: end }) => timeText(end) },
  { title: "ORIGIN", text: ({ imported }) => (imported ? "imported" : "made here") },
  { title: "STATE", text: ({ revoked_at: at }) => (at === undefined ? "in force" : "revoked") },
];

const keyOperand = { key: required("KEY", "how its key begins, as the list shows it") };

/** authority list, import, revoke, reinstate. */
export const AUTHORITY_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "authority list",
    summary: "Show the certificate authorities of a tenant's agents",
    flags: WHOLE_FLAGS,
    run: (wanted, session) =>
      showList<"authorities", Authority>(
        session,
        {
          path: ["tenants", session.slug, "authorities"],
          name: "authorities",
          none: `Tenant ${session.slug} has no authority.`,
          columns: authorityColumns,
        },
        wanted,
      ),
  }),
  tenantCommand({
    name: "authority import",
    summary:
      "Trust the authority of an existing PKI for a tenant's agents; its key stays where it is",
    operands: { file: required("FILE", "PEM: the authority and all above it, up to the root") },
    run: async ({ file }, session) => {
      const pem = await readFile(file, "utf8").catch((thrown: unknown) => {
        throw new ConfigError(file, `cannot be read: ${messageOf(thrown)}`);
      });
      const path = session.path(["authorities"]);
      const asked = { method: "POST", path, body: { pem } } as const;
      const body = await session.ask<Authority>(asked).catch((thrown: unknown) => {
        const isFile =
          thrown instanceof RefusedRequest && thrown.problem.code === "invalid_authority";
        throw isFile ? new ConfigError(file, thrown.message) : thrown;
      });
      session.show(body, () => [
        `Agents certified by ${body.subject} are of tenant ${session.slug} now; gateways know it within seconds.`,
        "They trust a gateway of this core once their ca_file also holds its root:",
        `  ${session.commandLine("authority list --json")}   (root_pem)`,
      ]);
    },
  }),
  tenantCommand({
    name: "authority revoke",
    summary: "Refuse every certificate of an authority, on open streams too",
    operands: keyOperand,
    run: async ({ key }, session) => {
      const body = await actOn(key, "revoke", session);
      session.show(body, () => [
        `Agents certified by ${body.subject} are refused from now on; their sources run no more.`,
        "To let one in again by this core's own authority, on its host:",
        "  serviceradar-agent enroll --token-file FILE --force",
        "with a token of:",
        `  ${session.commandLine("agent token --agent-id ID --renew")}`,
        `To take all that back: ${session.commandLine(`authority reinstate ${shortKey(body)}`)}`,
      ]);
    },
  }),
  tenantCommand({
    name: "authority reinstate",
    summary: "Take the certificates of a revoked authority again",
    operands: keyOperand,
    run: async ({ key }, session) => {
      const body = await actOn(key, "reinstate", session);
      session.show(body, () => [`Agents certified by ${body.subject} are let in again.`]);
    },
  }),
];

const shortKey = ({ spki_sha256: key }: Authority): string => key.slice(0, KEY_CHARS);

type AuthoritiesPage = Page & { readonly authorities: readonly Authority[] };

/** Finds the one whose key begins so, and acts on it. Throws Misuse where none or several do. */
async function actOn(
  key: string,
  verb: "revoke" | "reinstate",
  session: TenantSession,
): Promise<Authority> {
  const begun: Authority[] = [];
  const path = ["tenants", session.slug, "authorities"];
  for await (const { authorities } of pagesOf<AuthoritiesPage>(session, path)) {
    begun.push(
      ...authorities.filter(({ spki_sha256: whole }) => whole.startsWith(key.toLowerCase())),
    );
  }
  const [one, other] = begun;
  if (one === undefined || other !== undefined) {
    const how = one === undefined ? "no authority has" : `${begun.length} authorities have`;
    throw new Misuse(`${how} a key that begins with "${key}"; see: authority list`);
  }
  return await session.ask<Authority>({
    method: "POST",
    path: session.path(["authorities", String(one.no), verb]),
  });
}
