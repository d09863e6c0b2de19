import type { z } from "@hono/zod-openapi";

import type { tenantOverviewSchema, tenantSchema } from "../api/contract.ts";
import { optional, required } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { LIST_FLAGS, showList } from "./core-list.ts";
import { platformCommand, tenantCommand } from "./core-session.ts";
import type { Command } from "./program.ts";
import { pairLines, sectionLines, tableLines } from "./table.ts";
import { countText, timeText } from "./wording.ts";

type Tenant = z.infer<typeof tenantSchema>;
type Overview = z.infer<typeof tenantOverviewSchema>;

/** tenant list, get, create. */
export const TENANT_COMMANDS: readonly Command<CoreContext>[] = [
  platformCommand({
    name: "tenant list",
    summary: "Show the tenants",
    flags: LIST_FLAGS,
    run: (wanted, session) =>
      showList<"tenants", Tenant>(
        session,
        {
          path: ["tenants"],
          name: "tenants",
          none: `There is no tenant yet; make one with: ${session.commandLine("tenant create SLUG")}`,
          columns: [
            { title: "TENANT", text: (tenant) => tenant.slug },
            { title: "NAME", text: (tenant) => tenant.name },
            { title: "CREATED", text: (tenant) => timeText(tenant.created_at) },
          ],
        },
        wanted,
      ),
  }),
  tenantCommand({
    name: "tenant get",
    summary: "Show the size of what a tenant has",
    run: async (_, session) => {
      const body = await session.ask<Overview>({ method: "GET", path: session.path([]) });
      session.show(body, () => overviewLines(body));
    },
  }),
  platformCommand({
    name: "tenant create",
    summary: "Make a tenant, with a certificate authority of its own",
    operands: { slug: required("SLUG", "lower-case letters, digits and inner dashes") },
    flags: { name: optional("NAME", "what people call it (default: the slug)") },
    mayCreate: true,
    run: async ({ slug, name }, session) => {
      const body = await session.ask<Tenant>({
        method: "POST",
        path: "/api/v1/tenants",
        body: { slug, name },
      });
      session.show(body, () => [
        `Tenant ${body.slug} is made.`,
        `Next: ${session.commandLine(`agent create --tenant ${body.slug} --agent-id AGENT --gateway-addr HOST:50052`)}`,
      ]);
    },
  }),
];

function overviewLines(tenant: Overview): readonly string[] {
  const { devices, devices_deleted: deleted, devices_provisional: provisional } = tenant;
  const inUse = `${countText(tenant.sources)} (${countText(tenant.sources_enabled)} enabled)`;
  return [
    `Tenant ${tenant.slug}${tenant.name === tenant.slug ? "" : ` (${tenant.name})`}`,
    ...pairLines([
      ["  agents", `${countText(tenant.agents)} (${countText(tenant.agents_online)} online)`],
      ["  sources", inUse],
      ["  devices", countText(devices)],
      ["  of them provisional", provisional === 0 ? undefined : countText(provisional)],
      ["  deleted devices", deleted === 0 ? undefined : countText(deleted)],
      ["  source records", countText(tenant.records)],
      ["  former ids", countText(tenant.aliases)],
      ["  chunks waiting", countText(tenant.inbox_waiting)],
      ["  chunks parked", countText(tenant.inbox_parked)],
      ["  refusals", countText(tenant.refused)],
    ]),
    ...(tenant.devices_by_source.length === 0
      ? []
      : sectionLines(
          "Devices by source",
          tableLines(
            [
              { title: "SOURCE", text: (row) => row.source },
              { title: "DEVICES", text: (row) => countText(row.devices), isNumber: true },
            ],
            tenant.devices_by_source,
          ),
        )),
  ];
}
