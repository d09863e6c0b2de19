import type { TrueDevice } from "./device.ts";
import type { SourceName } from "./kinds.ts";
import type { Numbers } from "./numbers.ts";
import type { Instance } from "./record.ts";

interface Asking {
  readonly device: TrueDevice;
  readonly name: string;
  readonly numbers: Numbers;
}

/** Armis counts its devices in the ten thousands. */
const ARMIS_FIRST = 10_001;

const NATIVES: Readonly<Record<SourceName, (asking: Asking) => string>> = {
  netbox: ({ device, name, numbers }) =>
    device.kind.role === "virtual-machine"
      ? `vm-${numbers.next(`${name} vm`, 1)}`
      : String(numbers.next(name, 1)),
  armis: ({ name, numbers }) => String(numbers.next(name, ARMIS_FIRST)),
  servicenow: ({ name, numbers }) => sysId(numbers, `${name} ${numbers.next(name, 1)}`),
  agent: ({ device }) => `agent-${device.base.host.split(".")[0]?.toLowerCase()}`,
  mapper: () => "",
  sweep: () => "",
};

/** An id as that system gives to a new row; "" where it gives none. */
export function newNative(device: TrueDevice, instance: Instance, numbers: Numbers): string {
  return NATIVES[instance.source]({ device, name: instance.name, numbers });
}

/** 32 hexadecimal digits. */
function sysId(numbers: Numbers, row: string): string {
  return [0, 1, 2, 3]
    .map((part) => numbers.code(`${row} ${part}`).toString(16).padStart(8, "0"))
    .join("");
}
