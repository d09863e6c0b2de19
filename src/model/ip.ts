/**
 * IP addresses as text in one form each: dotted IPv4, RFC 5952 IPv6. Written out here because pure files
 * import no package; properties in test/model hold it against ipaddr.js.
 */
export type Ip = string & { readonly __brand: "Ip" };

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
/** An address that is written in its one form already, as nearly all are. */
const PLAIN_IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const GROUP = /^[0-9a-f]{1,4}$/i;
const GROUPS = 8;

/**
 * The address in its one form, or undefined if it is none. A prefix length ("10.0.0.3/24") and a zone
 * ("fe80::1%eth0") are cut off; an IPv4-mapped IPv6 address becomes the IPv4 one.
 */
export function parseIp(text: string): Ip | undefined {
  if (PLAIN_IPV4.test(text)) return text as Ip;
  const bare = text
    .trim()
    .replace(/\/\d{1,3}$/, "")
    .replace(/%.*$/, "");
  const mapped = MAPPED.exec(bare)?.[1];
  return parseIpv4(mapped ?? bare) ?? parseIpv6(bare);
}

function parseIpv4(text: string): Ip | undefined {
  const match = IPV4.exec(text);
  if (match === null) return undefined;
  const octets = match.slice(1).map(Number);
  return octets.every((octet) => octet <= 255) ? (octets.join(".") as Ip) : undefined;
}

function parseIpv6(text: string): Ip | undefined {
  if (!text.includes(":")) return undefined;
  const groups = ipv6Groups(text);
  if (groups === undefined) return undefined;
  const dotted = dottedTail(groups);
  return dotted ?? (compressed(groups) as Ip);
}

/** Groups of an IPv6 address that name its network: a /64 is what one customer or one host is given at least. */
const NETWORK_GROUPS = 4;

/** What stands for everybody behind one line: an IPv4 address, the /64 of an IPv6 one ("2001:db8:0:7::/64"), any other text as it is. */
export function networkOf(address: string): string {
  const ip = parseIp(address);
  if (ip === undefined || !ip.includes(":")) return ip ?? address;
  const network = (ipv6Groups(ip) ?? []).slice(0, NETWORK_GROUPS);
  const hex = [...network, 0, 0, 0, 0];
  return `${compressed(hex)}/64`;
}

/** ::ffff:0:0/96 written in hexadecimal is an IPv4 address all the same. */
function dottedTail(groups: readonly number[]): Ip | undefined {
  if (groups.slice(0, 5).some((group) => group !== 0) || groups[5] !== 0xffff) return undefined;
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join(".") as Ip;
}

function ipv6Groups(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = hexGroups(halves[0] ?? "");
  const tail = hexGroups(halves[1] ?? "");
  if (head === undefined || tail === undefined) return undefined;
  const missing = GROUPS - head.length - tail.length;
  const gapFits = halves.length === 2 ? missing >= 1 : missing === 0;
  return gapFits ? [...head, ...Array<number>(missing).fill(0), ...tail] : undefined;
}

function hexGroups(text: string): number[] | undefined {
  if (text === "") return [];
  const words = text.split(":");
  const dotted = parseIpv4(words.at(-1) ?? "");
  if (dotted !== undefined) {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.split(".").map(Number);
    words.splice(-1, 1, ((a << 8) | b).toString(16), ((c << 8) | d).toString(16));
  }
  return words.every((word) => GROUP.test(word))
    ? words.map((word) => Number.parseInt(word, 16))
    : undefined;
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups becomes "::". */
function compressed(groups: readonly number[]): string {
  const { start, length } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** All addresses of a comma, semicolon or space separated list, in order, each once. */
export function parseIpList(text: string): readonly Ip[] {
  if (PLAIN_IPV4.test(text)) return [text as Ip];
  const ips = new Set<Ip>();
  for (const word of text.split(/[,;\s]+/)) {
    const ip = parseIp(word);
    if (ip !== undefined) ips.add(ip);
  }
  return [...ips];
}

/** Addresses that say nothing of who holds them: loopback, link-local, unspecified, multicast, broadcast. */
export function isUsableIp(ip: Ip): boolean {
  if (ip.includes(":")) return !/^(::1?$|fe[89ab]|ff)/.test(ip);
  return !/^(0\.|127\.|169\.254\.|22[4-9]\.|23\d\.|24\d\.|25[0-5]\.)/.test(ip);
}
