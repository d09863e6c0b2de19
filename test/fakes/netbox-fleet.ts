/** A true device, as far as a NetBox tells of it. A text or list is empty where it has none. */
export interface NetboxDevice {
  readonly id: number;
  readonly name: string;
  readonly serial: string;
  readonly assetTag: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly os: string;
  readonly role: string;
  readonly site: string;
  readonly macs: readonly string[];
  readonly ips: readonly string[];
}

/** Devices by index, made when asked for; createFleet of fleet.ts gives one. */
export interface NetboxFleet {
  readonly size: number;
  device(index: number): NetboxDevice;
}

/** A plain fleet: two MACs each, IPv4 in `10.net.x.x`, every seventh with IPv6, some without name or serial. */
export function plainFleet(size: number, net = 200): NetboxFleet {
  return { size, device: (index) => plainDevice(index, net) };
}

function plainDevice(index: number, net: number): NetboxDevice {
  const hex = index.toString(16).padStart(6, "0").toUpperCase();
  const octets = (hex.match(/../g) ?? []).join(":");
  const ip = `10.${net}.${(index >> 8) & 255}.${index & 255}`;
  return {
    id: index + 1,
    name: index % 11 === 10 ? "" : `host-${net}-${index}`,
    serial: index % 7 === 6 ? "" : `SN${net}-${index}`,
    assetTag: index % 5 === 4 ? "" : `AT${net}-${index}`,
    manufacturer: "Cisco",
    model: "C9300-48P",
    os: index % 3 === 2 ? "" : "Cisco IOS-XE",
    role: "Access Switch",
    site: `DC ${index % 4}`,
    macs: [
      `00:1B:${net.toString(16).toUpperCase()}:${octets}`,
      `00:1C:${net.toString(16).toUpperCase()}:${octets}`,
    ],
    ips: index % 7 === 3 ? [ip, `2001:db8:${net}::${index.toString(16)}`] : [ip],
  };
}
