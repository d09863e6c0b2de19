/** What the systems hold, read from them by HTTP and by nothing of the product. */

type Json = Readonly<Record<string, unknown>>;

/** A machine as its system tells it, as far as it can be recognised elsewhere. */
export interface Held {
  readonly name: string;
  readonly serial: string;
}

/** Everything of a NetBox: devices, then virtual machines. */
export async function heldByNetbox(url: string, token: string): Promise<readonly Held[]> {
  const headers = { authorization: `Token ${token}` };
  const held: Held[] = [];
  for (const path of ["dcim/devices", "virtualization/virtual-machines"]) {
    for (let offset = 0, count = 1; offset < count;) {
      const page = await json(`${url}/api/${path}/?limit=1000&offset=${offset}`, { headers });
      const rows = page["results"] as readonly Json[];
      held.push(...rows.map(({ name, serial }) => ({ name: text(name), serial: text(serial) })));
      count = Number(page["count"]);
      offset += rows.length;
    }
  }
  return held;
}

/** Everything of an Armis. */
export async function heldByArmis(url: string, secret: string): Promise<readonly Held[]> {
  const body = new URLSearchParams({ secret_key: secret });
  const granted = await json(`${url}/api/v1/access_token/`, { method: "POST", body });
  const token = (granted["data"] as { readonly access_token: string }).access_token;
  const aql = encodeURIComponent('in:devices timeFrame:"7 Days"');
  const held: Held[] = [];
  for (let from: number | null = 0; from !== null;) {
    const query = `aql=${aql}&from=${from}&length=1000&orderBy=id`;
    const page: Json = await json(`${url}/api/v1/search/?${query}`, {
      headers: { authorization: token },
    });
    const data = page["data"] as {
      readonly results: readonly Json[];
      readonly next: number | null;
    };
    held.push(
      ...data.results.map((row) => ({
        name: text(row["name"]),
        serial: text(row["serialNumber"]),
      })),
    );
    from = data.next;
  }
  return held;
}

async function json(url: string, init: RequestInit): Promise<Json> {
  const answer = await fetch(url, init);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return (await answer.json()) as Json;
}

function text(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}
