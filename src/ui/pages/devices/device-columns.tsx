import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { Device } from "../../calls/devices.ts";
import type { Column } from "../../parts/column.ts";
import { StatusBadge } from "../../parts/status-badge.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import type { Tone } from "../../parts/tone.ts";
import { tagWord } from "./tag-text.ts";

const RISK_TONES: Readonly<Record<string, Tone>> = {
  Critical: "bad",
  High: "bad",
  Medium: "warn",
  Low: "idle",
  Info: "idle",
};

const text = (
  id: string,
  title: string,
  rest: Omit<Column<Device>, "id" | "title" | "cell"> & {
    readonly of: (device: Device) => ReactNode;
  },
): Column<Device> => {
  const { of, ...column } = rest;
  return { id, title, cell: (device) => of(device) ?? <span className="muted">–</span>, ...column };
};

/** What can be shown of devices in a list; what the server sorts by has `sortBy`. Those of a first look are 1,002 px wide, a laptop's page. */
export function deviceColumns(tenant: string): readonly Column<Device>[] {
  return [
    {
      id: "hostname",
      title: "Device",
      width: 158,
      sortBy: "hostname",
      cell: (device) => <DeviceName tenant={tenant} device={device} />,
    },
    text("ip", "Address", { width: 110, sortBy: "ip", of: ({ ip }) => ip }),
    text("mac", "MAC", { width: 160, sortBy: "mac", of: ({ mac }) => mac, isDefault: false }),
    text("type", "Type", { width: 98, sortBy: "type", of: ({ type }) => type }),
    text("vendor", "Vendor", { width: 74, sortBy: "vendor_name", of: ({ vendor_name: v }) => v }),
    text("model", "Model", {
      width: 150,
      sortBy: "model",
      of: ({ model }) => model,
      isDefault: false,
    }),
    text("os", "OS", { width: 140, sortBy: "os.name", of: ({ os }) => os, isDefault: false }),
    text("site", "Site", { width: 128, sortBy: "site", of: ({ site }) => site }),
    text("owner", "Owner", {
      width: 130,
      sortBy: "owner",
      of: ({ owner }) => owner,
      isDefault: false,
    }),
    text("serial", "Serial", { width: 150, of: ({ serial }) => serial, isDefault: false }),
    {
      id: "risk",
      title: "Risk",
      width: 108,
      sortBy: "risk_score",
      cell: ({ risk_level: level }) =>
        level === undefined ? (
          <span className="muted">–</span>
        ) : (
          <StatusBadge tone={RISK_TONES[level] ?? "idle"}>{level}</StatusBadge>
        ),
    },
    ...WHENCE,
  ];
}

/** Whence it is known, how it is tagged, since when. */
const WHENCE: readonly Column<Device>[] = [
  {
    id: "sources",
    title: "Sources",
    width: 98,
    cell: ({ sources }) => <FirstOf words={sources} />,
  },
  text("last_seen", "Last seen", {
    width: 78,
    sortBy: "last_seen",
    of: ({ last_seen: at }) => <TimeAgo at={at} isShort />,
  }),
  {
    id: "tags",
    title: "Tags",
    width: 102,
    cell: ({ tags, own_tags: own }) => <TagCell tags={tags} own={own} />,
  },
  text("partition", "Partition", {
    width: 120,
    sortBy: "partition",
    of: ({ partition }) => partition,
    isDefault: false,
  }),
  text("first_seen", "First seen", {
    width: 140,
    sortBy: "first_seen",
    of: ({ first_seen: at }) => <TimeAgo at={at} />,
    isDefault: false,
  }),
];

/** Operators' tags first: they are what somebody looks for. */
function TagCell({
  tags,
  own,
}: {
  readonly tags: Device["tags"];
  readonly own: readonly string[];
}): ReactNode {
  const keys = [...own, ...Object.keys(tags).filter((key) => !own.includes(key))];
  return <FirstOf words={keys.map((key) => tagWord(key, tags[key] ?? ""))} />;
}

/** The first word, and how many more there are: a second one is mostly cut in the middle. */
function FirstOf({ words: [first, ...rest] }: { readonly words: readonly string[] }): ReactNode {
  if (first === undefined) return <span className="muted">–</span>;
  return (
    <span className="tags" title={[first, ...rest].join(", ")}>
      <span className="tag clip">{first}</span>
      {rest.length > 0 && <span className="tag more">+{rest.length}</span>}
    </span>
  );
}

/** A column of boxes by which devices are picked. */
export function pickColumn(
  picked: ReadonlySet<string>,
  onPick: (id: string, isPicked: boolean) => void,
): Column<Device> {
  return {
    id: "pick",
    title: "Pick",
    width: 48,
    cell: ({ id, hostname, ip }) => (
      <input
        type="checkbox"
        aria-label={`Pick ${hostname ?? ip ?? id}`}
        checked={picked.has(id)}
        onChange={({ target }) => onPick(id, target.checked)}
      />
    ),
  };
}

function DeviceName({
  tenant,
  device,
}: {
  readonly tenant: string;
  readonly device: Device;
}): ReactNode {
  const { id, hostname, ip } = device;
  return (
    <Link to="/t/$tenant/devices/$device" params={{ tenant, device: id }} className="name">
      {hostname ?? ip ?? id}
    </Link>
  );
}
