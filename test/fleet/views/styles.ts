import type { SourceName } from "../world/kinds.ts";
import type { SourceStyle } from "../world/record.ts";
import { AGENT } from "./agent.ts";
import { ARMIS } from "./armis.ts";
import { MAPPER } from "./mapper.ts";
import { NETBOX } from "./netbox.ts";
import { SERVICENOW } from "./servicenow.ts";
import { SWEEP } from "./sweep.ts";

/** Every system's way of keeping and reporting devices. */
export const STYLES: Readonly<Record<SourceName, SourceStyle>> = {
  netbox: NETBOX,
  armis: ARMIS,
  servicenow: SERVICENOW,
  agent: AGENT,
  mapper: MAPPER,
  sweep: SWEEP,
};
