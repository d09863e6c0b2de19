import { useQuery } from "@tanstack/react-query";

import {
  completionsAt,
  valuesLike,
  type Completion,
  type KnownValue,
} from "../../../model/srql-complete.ts";
import { deviceGroupsQuery } from "../../calls/devices.ts";
import { tenantQuery } from "../../calls/standing.ts";

const NONE: readonly Completion[] = [];
/** Its values are what the tenant calls its sources; the others are counted among devices. */
const SOURCES = "discovery_sources";

/** What may be written next; values once the inventory has told them, which it is asked for once a field. */
export function useCompletions(
  tenant: string,
  text: string,
  cursor: number | undefined,
): readonly Completion[] {
  const { completions, needs } =
    cursor === undefined ? { completions: NONE, needs: undefined } : completionsAt(text, cursor);
  const field = needs?.field ?? "";
  const { data: groups } = useQuery({
    ...deviceGroupsQuery(tenant, field),
    enabled: needs !== undefined && field !== SOURCES,
  });
  const { data: ofTenant } = useQuery({ ...tenantQuery(tenant), enabled: field === SOURCES });
  if (needs === undefined) return completions;
  const known: readonly KnownValue[] =
    field === SOURCES
      ? (ofTenant?.devices_by_source ?? []).map(({ source: value, devices }) => ({
          value,
          devices,
        }))
      : (groups?.groups ?? []).flatMap(({ values: [value = null], devices }) =>
          value === null ? [] : [{ value, devices }],
        );
  return valuesLike(needs, known);
}
