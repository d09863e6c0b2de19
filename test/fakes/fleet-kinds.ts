/** A maker's product as the fleet deals it out: what it is called, whose network cards it has, which system it runs. */
interface Make {
  readonly manufacturer: string;
  readonly model: string;
  /** Registered prefix of its network cards (IEEE MA-L), six upper-case digits. */
  readonly oui: string;
  /** Name and version of its operating system; "" where nobody can tell. */
  readonly os: readonly [name: string, version: string];
  /** Begins its serial numbers. */
  readonly serialPrefix: string;
}

/** What a name can be built from. `code` is unique in the fleet, `macHex` is the first MAC without separators. */
interface NameParts {
  readonly siteCode: string;
  readonly code: string;
  readonly macHex: string;
}

/** A kind of device: its role in our words, category and type in Armis' words, and how common it is. */
export interface Kind {
  readonly role: string;
  readonly category: string;
  readonly type: string;
  /** Share among all kinds; only the ratios matter. */
  readonly weight: number;
  readonly macsMax: number;
  readonly ipsMax: number;
  /** Gets its address from DHCP, so it changes from day to day. */
  readonly roams: boolean;
  readonly makes: readonly Make[];
  readonly nameOf: (parts: NameParts) => string;
}

type MakeRow = readonly [manufacturer: string, model: string, oui: string, serialPrefix: string];

function make(row: MakeRow, name = "", version = ""): Make {
  const [manufacturer, model, oui, serialPrefix] = row;
  return { manufacturer, model, oui, serialPrefix, os: [name, version] };
}

const SERVER: Kind = {
  role: "server",
  category: "Computers",
  type: "Servers",
  weight: 20,
  macsMax: 4,
  ipsMax: 3,
  roams: false,
  makes: [
    make(["Dell", "PowerEdge R750", "D4BED9", "D"], "Windows Server", "2022"),
    make(["Dell", "PowerEdge R650", "B083FE", "D"], "Red Hat Enterprise Linux", "9.4"),
    make(["HPE", "ProLiant DL380 Gen10", "941882", "CZ"], "VMware ESXi", "8.0"),
    make(["Supermicro", "SYS-1029P", "AC1F6B", "S"], "Ubuntu", "22.04"),
  ],
  nameOf: ({ siteCode, code }) => `${siteCode}-srv-${code}.corp.example.com`,
};

const ROUTER: Kind = {
  role: "router",
  category: "Network Equipment",
  type: "Routers",
  weight: 4,
  macsMax: 4,
  ipsMax: 3,
  roams: false,
  makes: [
    make(["Cisco", "ISR4451-X", "F4CFE2", "FJC"], "IOS XE", "17.9.4"),
    make(["Juniper", "MX204", "2C6BF5", "JN"], "Junos", "22.4R3"),
  ],
  nameOf: ({ siteCode, code }) => `${siteCode}-rtr-${code}.net.example.com`,
};

const SWITCH: Kind = {
  role: "switch",
  category: "Network Equipment",
  type: "Switches",
  weight: 8,
  macsMax: 4,
  ipsMax: 2,
  roams: false,
  makes: [
    make(["Cisco", "C9300-48P", "58AC78", "FCW"], "IOS XE", "17.12.2"),
    make(["Arista", "DCS-7050SX3", "444CA8", "JPE"], "EOS", "4.30.1F"),
    make(["Juniper", "EX4300-48T", "841888", "PE"], "Junos", "21.4R3"),
  ],
  nameOf: ({ siteCode, code }) => `${siteCode}-sw-${code}`,
};

const FIREWALL: Kind = {
  role: "firewall",
  category: "Network Equipment",
  type: "Firewalls",
  weight: 2,
  macsMax: 4,
  ipsMax: 3,
  roams: false,
  makes: [
    make(["Fortinet", "FortiGate 200F", "906CAC", "FG"], "FortiOS", "7.2.8"),
    make(["Palo Alto Networks", "PA-3220", "B40C25", "016"], "PAN-OS", "10.2.9"),
  ],
  nameOf: ({ siteCode, code }) => `${siteCode}-fw-${code}.net.example.com`,
};

const ACCESS_POINT: Kind = {
  role: "access-point",
  category: "Network Equipment",
  type: "Access Points",
  weight: 8,
  macsMax: 2,
  ipsMax: 1,
  roams: false,
  makes: [
    make(["Aruba", "AP-515", "24DEC6", "CN"], "ArubaOS", "8.10"),
    make(["Cisco", "C9120AXI", "00260B", "KWC"], "IOS XE", "17.9.4"),
  ],
  nameOf: ({ siteCode, code }) => `${siteCode}-ap-${code}`,
};

const LAPTOP: Kind = {
  role: "laptop",
  category: "Computers",
  type: "Laptops",
  weight: 25,
  macsMax: 2,
  ipsMax: 2,
  roams: true,
  makes: [
    make(["Lenovo", "ThinkPad X1 Carbon Gen 10", "507B9D", "PF"], "Windows", "11"),
    make(["Dell", "Latitude 7440", "F8BC12", "D"], "Windows", "10"),
    make(["Apple", "MacBook Pro 14", "A483E7", "C02"], "macOS", "14.5"),
  ],
  nameOf: ({ code }) => `LT-${code.toUpperCase()}`,
};

const WORKSTATION: Kind = {
  role: "workstation",
  category: "Computers",
  type: "Desktops",
  weight: 15,
  macsMax: 1,
  ipsMax: 1,
  roams: true,
  makes: [
    make(["HP", "EliteDesk 800 G6", "9CB654", "MXL"], "Windows", "10"),
    make(["Dell", "OptiPlex 7090", "001422", "D"], "Windows", "11"),
  ],
  nameOf: ({ siteCode, code }) => `WS-${siteCode.toUpperCase()}-${code.toUpperCase()}`,
};

const IP_PHONE: Kind = {
  role: "ip-phone",
  category: "Handhelds",
  type: "IP Phones",
  weight: 10,
  macsMax: 1,
  ipsMax: 1,
  roams: true,
  makes: [
    make(["Cisco", "CP-8841", "001B54", "FCH"]),
    make(["Yealink", "SIP-T54W", "805EC0", "80"]),
  ],
  nameOf: ({ macHex }) => `SEP${macHex}`,
};

const CAMERA: Kind = {
  role: "camera",
  category: "Imaging",
  type: "IP Cameras",
  weight: 5,
  macsMax: 1,
  ipsMax: 1,
  roams: false,
  makes: [
    make(["Axis", "P3245-V", "ACCC8E", "AC"], "AXIS OS", "10.12"),
    make(["Hikvision", "DS-2CD2143", "C056E3", "HK"]),
  ],
  nameOf: ({ siteCode, macHex }) => `${siteCode}-cam-${macHex.toLowerCase()}`,
};

const PRINTER: Kind = {
  role: "printer",
  category: "Imaging",
  type: "Printers",
  weight: 3,
  macsMax: 1,
  ipsMax: 1,
  roams: true,
  makes: [make(["HP", "LaserJet M507", "3CD92B", "VN"]), make(["Zebra", "ZT411", "00074D", "XX"])],
  nameOf: ({ macHex }) => `NPI${macHex.slice(4)}`,
};

/** All kinds of the fleet. */
export const KINDS: readonly Kind[] = [
  SERVER,
  ROUTER,
  SWITCH,
  FIREWALL,
  ACCESS_POINT,
  LAPTOP,
  WORKSTATION,
  IP_PHONE,
  CAMERA,
  PRINTER,
];

/** A place: short code for names, the name sources show, its town. */
export interface Site {
  readonly code: string;
  readonly name: string;
  readonly location: string;
}

/** All places of the fleet. */
export const SITES: readonly Site[] = [
  { code: "fra1", name: "Frankfurt DC 1", location: "Frankfurt" },
  { code: "ams2", name: "Amsterdam DC 2", location: "Amsterdam" },
  { code: "nyc1", name: "New York HQ", location: "New York" },
  { code: "sfo3", name: "San Francisco Office", location: "San Francisco" },
  { code: "aus1", name: "Austin Plant", location: "Austin" },
  { code: "sgp1", name: "Singapore Office", location: "Singapore" },
  { code: "lon4", name: "London Office", location: "London" },
  { code: "muc1", name: "Munich Plant", location: "Munich" },
];
