import { readFile } from "node:fs/promises";

import type { z } from "@hono/zod-openapi";

import type { authoritySchema } from "../api/authorities.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";
import { required } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { RefusedRequest, tenantCommand } from "./core-session.ts";
import type { Command } from "./program.ts";
import { tableLines } from "./table.ts";
import { timeText } from "./wording.ts";

type Authority = z.infer<typeof authoritySchema>;

/** Hexadecimal digits that tell two keys apart for people. */
const KEY_CHARS = 16;

/** authority list, import. */
export const AUTHORITY_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "authority list",
    summary: "Show the certificate authorities of a tenant's agents",
    run: async (_, session) => {
      const path = session.path(["authorities"]);
      const body = await session.ask<{ authorities: Authority[] }>({ method: "GET", path });
      session.show(body, () =>
        tableLines(
          [
            { title: "AUTHORITY", text: ({ subject }) => subject },
            { title: "KEY", text: ({ spki_sha256: key }) => key.slice(0, KEY_CHARS) },
            { title: "ENDS", text: ({ not_after: end }) => timeText(end) },
            { title: "ORIGIN", text: ({ imported }) => (imported ? "imported" : "made here") },
          ],
          body.authorities,
        ),
      );
    },
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
];
