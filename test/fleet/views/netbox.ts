import type { SourceStyle } from "../world/record.ts";
import { plainView } from "./plain-view.ts";

/** NetBox: what is planned. Small numbers as ids under two keys, as the original writes them; VMs have their own count. */
export const NETBOX: SourceStyle = {
  watches: false,
  deal: ({ role }, chance) => ({
    host: true,
    ip: true,
    serial: role === "virtual-machine" ? chance(0.2) : chance(0.85),
    asset: role !== "virtual-machine" && chance(0.6),
    macs: chance(0.55) ? "one" : "none",
    allMacs: chance(0.35),
  }),
  describe: (record, state) => ({
    ...plainView(record, state),
    extra: { role: state.role, site: state.site },
  }),
  metadata: ({ native }) => ({
    integration_type: "netbox",
    integration_id: native,
    netbox_device_id: native.startsWith("vm-") ? undefined : native,
    netbox_vm_id: native.startsWith("vm-") ? native.slice("vm-".length) : undefined,
  }),
};
