import { err, ok, type Result } from "../lib/result.ts";
import { parseLabel, parseTenantSlug, type TenantSlug } from "../model/tenant.ts";

/** Kinds of component that a SPIFFE id may name; only `agent` is let in by the gateway. */
const COMPONENT_TYPES = ["gateway", "agent", "checker", "sync"] as const;

/** One of COMPONENT_TYPES. */
type ComponentType = (typeof COMPONENT_TYPES)[number];

/** Who a certificate says it is for. A claim: the signature on the certificate decides about the tenant. */
export interface PeerName {
  readonly componentId: string;
  readonly partitionId: string;
  /** Absent in the three-label form. */
  readonly tenantSlug?: TenantSlug;
  /** Absent if the certificate has no SPIFFE id, "unknown" if that has a word of its own. */
  readonly componentType?: ComponentType | "unknown";
}

type TypedPeerName = PeerName & Required<Pick<PeerName, "componentType">>;

/** The label after which a common name may go on as it likes ("….serviceradar.local"). */
const ANCHOR = "serviceradar";
const SPIFFE = /^spiffe:\/\/[^/]+\/(.+)$/;

/**
 * Reads a certificate's common name and URI alternative names, in the forms of both generations. Common name:
 * `<component>.<partition>.serviceradar` or `<component>.<partition>.<tenant>.serviceradar`. A SPIFFE id beside it must name the
 * same component, partition and, where both name one, tenant. The error is for a log, not for the peer.
 */
export function parsePeerName(commonName: string, uris: readonly string[]): Result<PeerName> {
  const name = parseCommonName(commonName);
  if (!name.ok) return name;
  const ids = uris.filter((uri) => uri.toLowerCase().startsWith("spiffe:"));
  const [id] = ids;
  if (id === undefined) return name;
  if (ids.length > 1) return err("certificate has more than one SPIFFE id");
  const spiffe = parseSpiffeId(id);
  if (!spiffe.ok) return spiffe;
  return merge(name.value, spiffe.value);
}

/** Reads a common name of three or four labels, counted up to the label `serviceradar`. */
export function parseCommonName(commonName: string): Result<PeerName> {
  const labels = commonName.split(".");
  const anchor = labels.indexOf(ANCHOR);
  if (anchor !== 2 && anchor !== 3) {
    return err(`common name "${commonName}" is not <component>.<partition>[.<tenant>].${ANCHOR}`);
  }
  const [component = "", partition = "", tenant = ""] = labels;
  return checked({ component, partition, tenant: anchor === 3 ? tenant : undefined });
}

/** Reads `spiffe://<domain>/<type>/[<tenant>/]<partition>/<component>`; the domain is not looked at. */
export function parseSpiffeId(id: string): Result<TypedPeerName> {
  const segments = SPIFFE.exec(id)?.[1]?.split("/") ?? [];
  if (segments.length !== 3 && segments.length !== 4) {
    return err(
      `SPIFFE id "${id}" is not spiffe://<domain>/<type>/[<tenant>/]<partition>/<component>`,
    );
  }
  const componentType = COMPONENT_TYPES.find((type) => type === segments[0]) ?? "unknown";
  const [component = "", partition = "", tenant] = segments.slice(1).toReversed();
  const names = checked({ component, partition, tenant });
  return names.ok ? ok({ ...names.value, componentType }) : names;
}

type Names = {
  readonly component: string;
  readonly partition: string;
  readonly tenant: string | undefined;
};

function checked({ component, partition, tenant }: Names): Result<PeerName> {
  const componentId = parseLabel(component, "component");
  if (!componentId.ok) return componentId;
  const partitionId = parseLabel(partition, "partition");
  if (!partitionId.ok) return partitionId;
  const both = { componentId: componentId.value, partitionId: partitionId.value };
  if (tenant === undefined) return ok(both);
  const slug = parseTenantSlug(tenant);
  return slug.ok ? ok({ ...both, tenantSlug: slug.value }) : slug;
}

/** Two names in one certificate that disagree are a mistake at best, so neither is taken. */
function merge(name: PeerName, spiffe: TypedPeerName): Result<PeerName> {
  const tenants = [name.tenantSlug, spiffe.tenantSlug].filter((slug) => slug !== undefined);
  const isSame =
    name.componentId === spiffe.componentId &&
    name.partitionId === spiffe.partitionId &&
    new Set(tenants).size <= 1;
  if (!isSame) return err("common name and SPIFFE id of the certificate name different peers");
  const [tenantSlug] = tenants;
  return ok({
    ...name,
    ...(tenantSlug === undefined ? {} : { tenantSlug }),
    componentType: spiffe.componentType,
  });
}
