import type { z } from "@hono/zod-openapi";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type {
  deviceDetailSchema,
  deviceGroupsSchema,
  deviceSchema,
} from "../../api/contract-devices.ts";
import type { PageAsked } from "../parts/pages-known.ts";
import { PAGE_ROWS } from "../parts/read-ahead.ts";
import { pathOf } from "./api-client.ts";
import { ask } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** A published device. */
export type Device = z.infer<typeof deviceSchema>;
/** A device with why it is so. */
export type DeviceDetail = z.infer<typeof deviceDetailSchema>;
/** Devices counted by a field. */
export type DeviceGroups = z.infer<typeof deviceGroupsSchema>;

/** A page of devices. */
export interface DevicesPage {
  readonly devices: readonly Device[];
  readonly next?: string;
  readonly previous?: string;
  readonly total?: number;
  readonly total_is_estimate?: true;
}

/** Which devices are wanted, and in which order. */
export interface DevicesWanted {
  /** Beginning of a hostname, or a whole address, MAC, serial or id. */
  readonly q?: string | undefined;
  /** SRQL, with its order. */
  readonly query?: string | undefined;
  readonly state?: "active" | "deleted" | "all" | undefined;
}

const FIRST_PAGE: PageAsked = { place: {}, limit: PAGE_ROWS };

/** One page of devices, at a place of the list. */
export const devicesQuery = (
  tenant: string,
  wanted: DevicesWanted,
  { place, limit }: PageAsked = FIRST_PAGE,
) =>
  queryOptions({
    queryKey: keyOf(tenant, "devices", "list", wanted, place, limit),
    queryFn: ({ signal }) => {
      const query = { ...wanted, limit, ...place };
      return ask<DevicesPage>({ path: pathOf(["tenants", tenant, "devices"], query), signal });
    },
  });

/** How many devices pass; an estimate where counting them takes too long. */
export interface DevicesTotal {
  readonly count: number;
  readonly isEstimate: boolean;
}

/** How many there are; asked apart, because counting takes longer than a page. */
export const devicesTotalQuery = (tenant: string, wanted: DevicesWanted) =>
  queryOptions({
    queryKey: keyOf(tenant, "devices", "total", wanted),
    queryFn: async ({ signal }): Promise<DevicesTotal> => {
      const query = { ...wanted, limit: 1, total: true };
      const path = pathOf(["tenants", tenant, "devices"], query);
      const { total, total_is_estimate: isEstimate } = await ask<DevicesPage>({ path, signal });
      return { count: total ?? 0, isEstimate: isEstimate === true };
    },
    placeholderData: keepPreviousData,
  });

/** One device, by its id or a former one. */
export const deviceQuery = (tenant: string, device: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "devices", "one", device),
    queryFn: ({ signal }) =>
      ask<DeviceDetail>({ path: pathOf(["tenants", tenant, "devices", device]), signal }),
  });

/** How many devices there are of each value of a field, the most first; `within` what is already asked for. */
export const deviceGroupsQuery = (tenant: string, field: string, within: DevicesWanted = {}) =>
  queryOptions({
    queryKey: keyOf(tenant, "devices", "groups", field, within),
    queryFn: ({ signal }) => {
      const by = `stats:"count() by ${field}"`;
      const query = { q: within.q, query: [within.query, by].filter(Boolean).join(" ") };
      const path = pathOf(["tenants", tenant, "devices", "groups"], query);
      return ask<DeviceGroups>({ path, signal });
    },
    staleTime: 60_000,
  });
