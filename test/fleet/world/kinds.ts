import { invariant } from "../../../src/lib/invariant.ts";
import { KINDS as FAKED } from "../../fakes/fleet-kinds.ts";

/** Systems that report devices. */
export const SOURCES = ["netbox", "armis", "servicenow", "agent", "mapper", "sweep"] as const;

/** Name of a system that reports devices, as updates carry it. */
export type SourceName = (typeof SOURCES)[number];

type Faked = (typeof FAKED)[number];

/** A product: who makes it, whose network cards it has, what it runs, how its serial numbers begin. */
type Make = Faked["makes"][number];

/** A kind of device in an enterprise fleet. */
export interface DeviceKind {
  readonly role: string;
  /** Category and type in Armis' words. */
  readonly category: string;
  readonly type: string;
  /** Devices of this kind per hundred. */
  readonly weight: number;
  /** Gets its address by DHCP and is not there every day. */
  readonly roams: boolean;
  readonly makes: readonly Make[];
  readonly nameOf: Faked["nameOf"];
  /** How likely each system knows a device of this kind. */
  readonly known: Readonly<Record<SourceName, number>>;
}

type Known = readonly [
  netbox: number,
  armis: number,
  servicenow: number,
  agent: number,
  mapper: number,
  sweep: number,
];

function known([netbox, armis, servicenow, agent, mapper, sweep]: Known): DeviceKind["known"] {
  return { netbox, armis, servicenow, agent, mapper, sweep };
}

/** A kind that the fake sources know too, with this fleet's weight and coverage. */
function faked(role: string, weight: number, coverage: Known): DeviceKind {
  const kind = FAKED.find((candidate) => candidate.role === role);
  invariant(kind !== undefined, `the fakes know the kind "${role}"`);
  return { ...kind, weight, known: known(coverage) };
}

type Product = readonly [manufacturer: string, model: string, oui: string, serialPrefix: string];

function make(product: Product, name = "", version = ""): Make {
  const [manufacturer, model, oui, serialPrefix] = product;
  return { manufacturer, model, oui, serialPrefix, os: [name, version] };
}

const VIRTUAL_MACHINE: DeviceKind = {
  role: "virtual-machine",
  category: "Computers",
  type: "Virtual Machines",
  weight: 13,
  roams: false,
  makes: [
    make(["VMware, Inc.", "VMware7,1", "000C29", "VMware-42 "], "Windows Server", "2019"),
    make(["VMware, Inc.", "VMware7,1", "000C29", "VMware-42 "], "Ubuntu", "22.04"),
    // KVM's own prefix has the bit of locally administered addresses, though its MACs do not change.
    make(["QEMU", "KVM Virtual Machine", "525400", "kvm-"], "Debian", "12"),
  ],
  nameOf: ({ siteCode, code }) => `${siteCode}-vm-${code}.corp.example.com`,
  known: known([0.55, 0.8, 0.8, 0.5, 0, 0.6]),
};

const FIRST_NAMES = [
  "Maria",
  "Ben",
  "Aiko",
  "Chloe",
  "Omar",
  "Ines",
  "Lars",
  "Priya",
  "Tom",
  "Wei",
];

const MOBILE_PHONE: DeviceKind = {
  role: "mobile-phone",
  category: "Handhelds",
  type: "Mobile Phones",
  weight: 8,
  roams: true,
  makes: [
    make(["Apple", "iPhone 15", "A8ABB5", "F17"], "iOS", "17.5"),
    make(["Samsung", "Galaxy S23", "8C7AAA", "R5C"], "Android", "14"),
  ],
  nameOf: ({ code }) =>
    `${FIRST_NAMES[Number.parseInt(code, 36) % FIRST_NAMES.length]}s-Phone-${code.toUpperCase()}`,
  known: known([0, 0.95, 0.3, 0, 0, 0.2]),
};

const KIOSK: DeviceKind = {
  role: "kiosk",
  category: "Computers",
  type: "Point of Sale",
  weight: 4,
  roams: false,
  makes: [
    make(["NCR", "RealPOS 72XRT", "004009", "NCR"], "Windows 10 IoT", "21H2"),
    make(["Elo", "EloPOS E2", "0022A4", "ELO"], "Windows 10 IoT", "21H2"),
  ],
  nameOf: ({ siteCode, code }) => `POS-${siteCode.toUpperCase()}-${code.toUpperCase()}`,
  known: known([0.2, 0.9, 0.6, 0.3, 0, 0.5]),
};

const CONTROLLER: DeviceKind = {
  role: "plc",
  category: "Operational Technology",
  type: "PLC",
  weight: 3,
  roams: false,
  makes: [
    make(["Siemens", "SIMATIC S7-1500", "001B1B", "S C-"]),
    make(["Rockwell", "ControlLogix 1756", "0000BC", "AB"]),
  ],
  nameOf: ({ siteCode, code }) => `plc-${siteCode}-${code}`,
  known: known([0.3, 0.9, 0.4, 0, 0, 0.5]),
};

/** All kinds of the fleet, with who knows them: order netbox, armis, servicenow, agent, mapper, sweep. */
export const DEVICE_KINDS: readonly DeviceKind[] = [
  faked("server", 12, [0.85, 0.8, 0.85, 0.5, 0, 0.7]),
  VIRTUAL_MACHINE,
  faked("switch", 7, [0.95, 0.6, 0.6, 0, 0.9, 0.6]),
  faked("router", 3, [0.95, 0.7, 0.6, 0, 0.9, 0.7]),
  faked("firewall", 3, [0.95, 0.7, 0.7, 0, 0.8, 0.7]),
  faked("access-point", 4, [0.7, 0.8, 0.2, 0, 0.3, 0.5]),
  faked("laptop", 25, [0, 0.92, 0.75, 0.4, 0, 0.4]),
  faked("workstation", 9, [0, 0.9, 0.75, 0.3, 0, 0.5]),
  MOBILE_PHONE,
  faked("ip-phone", 3, [0.3, 0.9, 0.3, 0, 0, 0.4]),
  faked("camera", 3, [0.5, 0.9, 0.2, 0, 0, 0.6]),
  faked("printer", 3, [0.3, 0.9, 0.5, 0, 0.3, 0.6]),
  KIOSK,
  CONTROLLER,
];
