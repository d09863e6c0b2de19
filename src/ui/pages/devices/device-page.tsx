import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";

import { decisionsQuery, explainQuery } from "../../calls/device-acts.ts";
import { deviceQuery, type DeviceDetail } from "../../calls/devices.ts";
import { counted } from "../../parts/counted.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Facts, Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { StatusBadge } from "../../parts/status-badge.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { DecisionsPanel } from "../device/decisions-panel.tsx";
import { DeviceFields } from "../device/device-fields.tsx";
import { DeviceMenu } from "../device/device-menu.tsx";
import { DeviceRecords } from "../device/device-records.tsx";
import { timelineOf } from "../device/device-timeline.ts";
import { GraphPanel, TurnsPanel, WhyPanel } from "../device/explain-panels.tsx";
import { sourceColours, whatWords } from "../device/field-words.ts";
import { AddressPanel, Identifiers } from "../device/identifiers.tsx";
import { shortId } from "../device/outcome-words.ts";
import { TimelinePanel } from "../device/timeline-panel.tsx";

const route = getRouteApi("/t/$tenant/devices/$device");
/** Risk levels that are told beside the name. */
const RISKS = new Set(["High", "Critical"]);

/** One device: what stands and who says it, why it is one, its records, and what happened to it. */
export function DevicePage(): ReactNode {
  const { tenant, device } = route.useParams();
  const query = useQuery(deviceQuery(tenant, device));
  const { data } = query;
  return (
    <>
      <PageHeader
        title={data?.hostname ?? data?.ip ?? shortId(device)}
        crumbs={
          <Link to="/t/$tenant/devices" params={{ tenant }}>
            Devices
          </Link>
        }
        badge={data !== undefined && <DeviceBadges device={data} />}
        about={<About of={data} id={device} />}
        acts={data !== undefined && <DeviceMenu tenant={tenant} device={data} />}
      />
      <Loaded query={query} lines={8}>
        {(loaded) => <DeviceTabs tenant={tenant} device={loaded} />}
      </Loaded>
    </>
  );
}

/** What it is in one line, and its id. */
function About({
  of,
  id,
}: {
  readonly of: DeviceDetail | undefined;
  readonly id: string;
}): ReactNode {
  const what = of === undefined ? "" : whatWords(of);
  return (
    <>
      {of !== undefined && (
        <span className="block">
          {what !== "" && `${what} · `}
          {counted(of.records, "record")} of {counted(of.sources.length, "source")} · seen{" "}
          <TimeAgo at={of.last_seen} />
        </span>
      )}
      <code className="wrap-anywhere">{of?.id ?? id}</code>
    </>
  );
}

function DeviceBadges({ device }: { readonly device: DeviceDetail }): ReactNode {
  const { deleted_at: deleted, is_provisional: isProvisional, is_available: isAvailable } = device;
  return (
    <>
      {deleted !== undefined && <StatusBadge tone="bad">Deleted</StatusBadge>}
      {isProvisional && <StatusBadge tone="warn">Known by address alone</StatusBadge>}
      {device.risk_level !== undefined && RISKS.has(device.risk_level) && (
        <StatusBadge tone="bad">{device.risk_level} risk</StatusBadge>
      )}
      {isAvailable === true && <StatusBadge tone="good">Available</StatusBadge>}
      {isAvailable === false && <StatusBadge tone="bad">Not available</StatusBadge>}
    </>
  );
}

type DeviceTabsProps = { readonly tenant: string; readonly device: DeviceDetail };

function DeviceTabs({ tenant, device }: DeviceTabsProps): ReactNode {
  const { tab = "values" } = route.useSearch();
  const navigate = route.useNavigate();
  const decided = useQuery(decisionsQuery(tenant)).data?.assertions;
  const colours = useMemo(
    () => sourceColours(device.evidence.map(({ source }) => source)),
    [device.evidence],
  );
  const decisions = (decided ?? []).filter(({ records }) =>
    records.some(({ device_id: id }) => id === device.id),
  );
  return (
    <Tabs
      label="Parts of the device"
      value={tab}
      onChange={(next) => void navigate({ search: { tab: next }, replace: true })}
      tabs={[
        {
          value: "values",
          label: "Values",
          body: (
            <div className="stack">
              <MovedNotice device={device} />
              <DeviceFields tenant={tenant} device={device} colours={colours} />
              <AlsoKnown device={device} />
            </div>
          ),
        },
        {
          value: "identity",
          label: "Identity",
          body: <Identity tenant={tenant} device={device} colours={colours} />,
        },
        {
          value: "records",
          label: `Records (${device.evidence.length})`,
          body: <DeviceRecords tenant={tenant} device={device} colours={colours} />,
        },
        {
          value: "timeline",
          label: "Timeline",
          body: (
            <div className="stack">
              <DecisionsPanel tenant={tenant} decisions={decisions} />
              <TimelinePanel of={timelineOf(device, decisions)} />
            </div>
          ),
        },
      ]}
    />
  );
}

function MovedNotice({ device }: { readonly device: DeviceDetail }): ReactNode {
  if (device.requested_id === undefined) return null;
  return (
    <div className="notice">
      <div>
        <code>{device.requested_id}</code> is a former id; this is the device that has it now.
      </div>
    </div>
  );
}

function AlsoKnown({ device }: { readonly device: DeviceDetail }): ReactNode {
  const { tags, network_interfaces: interfaces, classification: rule, aliases } = device;
  const tagged = Object.entries(tags);
  return (
    <Panel title="Also known">
      <Facts
        of={[
          ["First seen", <TimeAgo key="first" at={device.first_seen} />],
          ["Last seen", <TimeAgo key="last" at={device.last_seen} />],
          ["Partition", device.partition],
          ["Risk level", device.risk_level],
          ["System version", device.os_version],
          ["Classified by", rule && `${rule.reason} (${rule.rule_id}, ${rule.confidence} %)`],
          [
            "Interfaces",
            interfaces.map(({ mac, ip }) => [mac, ip].filter((part) => part).join(" ")).join(", "),
          ],
          [
            "Tags",
            tagged.map(([name, value]) => (value === "" ? name : `${name}=${value}`)).join(", "),
          ],
          ["Former ids", aliases.flatMap(({ id }) => (id === device.id ? [] : [id])).join(", ")],
        ]}
      />
    </Panel>
  );
}

type IdentityProps = DeviceTabsProps & { readonly colours: ReadonlyMap<string, number> };

function Identity({ tenant, device, colours }: IdentityProps): ReactNode {
  const query = useQuery(explainQuery(tenant, device.id));
  return (
    <Loaded query={query} lines={8}>
      {(explanation) => (
        <div className="stack">
          <div className="grid">
            <WhyPanel of={explanation} />
            <TurnsPanel of={explanation} />
          </div>
          <Identifiers of={explanation} device={device} />
          <GraphPanel of={explanation} colours={colours} />
          <AddressPanel device={device} />
        </div>
      )}
    </Loaded>
  );
}
