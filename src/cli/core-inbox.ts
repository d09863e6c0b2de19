import { writeFile } from "node:fs/promises";

import type { z } from "@hono/zod-openapi";

import type {
  inboxSchema,
  parkedChunkSchema,
  parkedMessageSchema,
  refusalSchema,
} from "../api/contract.ts";
import { PAGE_MAX } from "../api/page.ts";
import { formatBytes } from "../lib/bytes.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";
import { integer, optional, required, toggle } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { pagesOf, type Page } from "./core-pages.ts";
import { tenantCommand, type TenantSession } from "./core-session.ts";
import { tuningLines } from "./core-tune.ts";
import type { Command } from "./program.ts";
import { pairLines, plain, sectionLines, tableLines } from "./table.ts";
import { agoText, countText } from "./wording.ts";

type Inbox = z.infer<typeof inboxSchema>;
type Parked = z.infer<typeof parkedChunkSchema>;
type Refusal = z.infer<typeof refusalSchema>;

/** Chunks shown where nobody says how many: a screenful. */
const LIMIT_DEFAULT = 20;

/** inbox status, parked, retry, export; refusals list. */
export const INBOX_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "inbox status",
    summary: "Show what waits between agents and inventory, and what was set aside",
    run: async (_, session) => {
      const path = session.path(["inbox"]);
      const body = await session.ask<Inbox>({ method: "GET", path });
      session.show(body, () => inboxLines(body, session.context.clock.now()));
    },
  }),
  tenantCommand({
    name: "inbox parked",
    summary: "Show the chunks that are parked, with the reason",
    flags: {
      limit: integer("N", `how many (default: ${LIMIT_DEFAULT})`, { min: 1, max: PAGE_MAX }),
      after: optional("CURSOR", "go on where the page before ended"),
    },
    run: async ({ limit = LIMIT_DEFAULT, after }, session) => {
      const path = session.path(["inbox", "parked"], { limit, after });
      const body = await session.ask<{ chunks: Parked[]; next?: string }>({ method: "GET", path });
      const nowMs = session.context.clock.now();
      session.show(body, () => [
        ...(body.chunks.length === 0 ? ["No parked chunks."] : parkedLines(body.chunks, nowMs)),
        ...(body.next === undefined ? [] : ["", `More: --after ${body.next}`]),
      ]);
    },
  }),
  tenantCommand({
    name: "inbox retry",
    summary: "Have a parked chunk worked again",
    operands: { chunk: required("CHUNK", "its number in the inbox") },
    run: async ({ chunk }, session) => {
      const path = session.path(["inbox", "parked", chunk, "retry"]);
      await session.ask<Inbox>({ method: "POST", path });
      await session.work();
      const body = await session.ask<Inbox>({ method: "GET", path: session.path(["inbox"]) });
      session.show(body, () => [
        `Chunk ${chunk} is worked again.`,
        "",
        ...inboxLines(body, session.context.clock.now()),
      ]);
    },
  }),
  tenantCommand({
    name: "inbox export",
    summary: "Write a parked chunk's message to a file, byte for byte",
    operands: { chunk: required("CHUNK", "its number in the inbox") },
    flags: { out: required("FILE", "where to; it must not be there yet") },
    run: async ({ chunk, out }, session) => {
      const path = session.path(["inbox", "parked", chunk]);
      const body = await session.ask<z.infer<typeof parkedMessageSchema>>({ method: "GET", path });
      const message = Buffer.from(body.message_base64, "base64");
      await writeFile(out, message, { flag: "wx" }).catch((thrown: unknown) => {
        throw new ConfigError("--out", `${out} cannot be written: ${messageOf(thrown)}`);
      });
      const { inbox_no, sha256, damage } = body;
      const about = { inbox_no, file: out, bytes: message.length, sha256, damage };
      session.show(about, () => [
        `${out}: ${formatBytes(message.length)}, SHA-256 ${sha256}`,
        ...(damage === undefined ? [] : damageLines(damage)),
      ]);
    },
  }),
  tenantCommand({
    name: "refusals list",
    summary:
      "Show what the gateway refused: to the tenant's agents, and to peers of no known tenant",
    flags: {
      find: optional("TEXT", "only those that hold this text in agent, code or message"),
      last: toggle("of the tenant's agents only the last of each"),
      limit: integer("N", "how many of each, the latest (default: all)", { min: 1, max: PAGE_MAX }),
    },
    run: async ({ last, ...wanted }, session) => {
      const ofTenant = { ...wanted, last: last || undefined };
      const body = {
        refusals: await refusalsOf(session, ["tenants", session.slug, "refusals"], ofTenant),
        of_no_tenant: await refusalsOf(session, ["refusals"], wanted),
      };
      const nowMs = session.context.clock.now();
      session.show(body, () => [
        ...refusalLines(`To agents of tenant ${session.slug}`, body.refusals, nowMs),
        "",
        ...refusalLines("To peers of no known tenant", body.of_no_tenant, nowMs),
      ]);
    },
  }),
];

function damageLines(damage: string): readonly string[] {
  return [
    `Its message cannot be read any more (${plain(damage)}): the file is what the database has of it, compressed with zstd.`,
    "The next full run of its source brings what was in it.",
  ];
}

type RefusalsWanted = {
  readonly find: string | undefined;
  readonly last?: true | undefined;
  readonly limit: number | undefined;
};

type RefusalsPage = Page & { readonly refusals: readonly Refusal[] };

/** The latest refusals, or all of them: the core keeps a few thousand kinds of a tenant at most. */
async function refusalsOf(
  session: TenantSession,
  path: readonly string[],
  { find, last, limit }: RefusalsWanted,
): Promise<readonly Refusal[]> {
  const refusals: Refusal[] = [];
  const query = { q: find, last, ...(limit === undefined ? {} : { limit }) };
  for await (const page of pagesOf<RefusalsPage>(session, path, query)) {
    refusals.push(...page.refusals);
    if (refusals.length >= (limit ?? Infinity)) break;
  }
  return refusals.slice(0, limit);
}

function inboxLines(inbox: Inbox, nowMs: number): readonly string[] {
  const { waiting, parked, parked_chunks: chunks } = inbox;
  return [
    ...pairLines([
      ["chunks waiting", `${countText(waiting)} (${formatBytes(inbox.waiting_bytes)})`],
      ["oldest of them", agoText(inbox.oldest_at, nowMs)],
      ["batches to publish", countText(inbox.unpublished)],
      ["publications held", inbox.held === 0 ? "0" : `${countText(inbox.held)} (dire held list)`],
      ["chunks parked", countText(parked)],
    ]),
    ...(chunks.length === 0
      ? []
      : sectionLines("Parked for good; those behind them went on", parkedLines(chunks, nowMs))),
    ...(parked > chunks.length ? [`  and ${countText(parked - chunks.length)} more`] : []),
    ...(inbox.tuning === undefined ? [] : tuningLines(inbox.tuning)),
  ];
}

function parkedLines(chunks: readonly Parked[], nowMs: number): readonly string[] {
  return tableLines(
    [
      { title: "CHUNK", text: (chunk) => String(chunk.inbox_no), isNumber: true },
      { title: "AGENT", text: (chunk) => chunk.agent_id },
      { title: "RUN", text: (chunk) => chunk.run_id },
      { title: "INDEX", text: (chunk) => String(chunk.chunk_index), isNumber: true },
      { title: "RECEIVED", text: (chunk) => agoText(chunk.received_at, nowMs) },
      { title: "SIZE", text: (chunk) => formatBytes(chunk.bytes), isNumber: true },
      { title: "TRIED", text: (chunk) => countText(chunk.attempts), isNumber: true },
      { title: "REASON", text: (chunk) => chunk.reason },
    ],
    chunks,
  );
}

/** Characters of a serial number that tell certificates of one authority apart. */
const SERIAL_CHARS = 16;

/** What `openssl x509 -serial` begins with. */
function certificateText({ certificate_serial: serial }: Refusal): string {
  return serial === undefined ? "-" : serial.slice(0, SERIAL_CHARS);
}

function refusalLines(
  title: string,
  refusals: readonly Refusal[],
  nowMs: number,
): readonly string[] {
  if (refusals.length === 0) return [`${title}: none.`];
  return [
    `${title}:`,
    ...tableLines(
      [
        { title: "AGENT", text: (row) => row.agent_id },
        { title: "CODE", text: (row) => row.code },
        { title: "TIMES", text: (row) => countText(row.refused), isNumber: true },
        { title: "LAST", text: (row) => agoText(row.last_at, nowMs) },
        { title: "CERTIFICATE", text: (row) => certificateText(row) },
        { title: "MESSAGE", text: (row) => row.message },
      ],
      refusals,
    ).map((line) => `  ${line}`),
  ];
}
