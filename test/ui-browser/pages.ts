/** Every page of the web page: its heading, and its path with the tenant that the suite fills. */
export const PAGES: readonly (readonly [heading: string, path: string])[] = [
  ["Overview", "/t/acme"],
  ["Devices", "/t/acme/devices"],
  ["Review", "/t/acme/review"],
  ["Sources", "/t/acme/sources"],
  ["New source", "/t/acme/sources/new"],
  ["netbox_dc1", "/t/acme/sources/netbox_dc1?tab=settings"],
  ["Agents", "/t/acme/agents"],
  ["Runs", "/t/acme/runs"],
  ["Run #1", "/t/acme/runs/1"],
  ["Ingestion", "/t/acme/ingestion"],
  ["Users", "/t/acme/settings/users"],
  ["Tokens", "/t/acme/settings/tokens"],
  ["Audit", "/t/acme/settings/audit"],
  ["Tenants", "/t/acme/settings/tenants"],
];
