import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { Device } from "../../calls/devices.ts";
import type { Column } from "../../parts/column.ts";
import { StatusBadge } from "../../parts/status-badge.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import type { Tone } from "../../parts/tone.ts";

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

/** What can be shown of devices in a list; what the server sorts by has `sortBy`. */
export function deviceColumns(tenant: string): readonly Column<Device>[] {
  return [
    {
      id: "hostname",
      title: "Device",
      width: 240,
      sortBy: "hostname",
      cell: (device) => <DeviceName tenant={tenant} device={device} />,
    },
    text("ip", "Address", { width: 150, sortBy: "ip", of: ({ ip }) => ip }),
    text("mac", "MAC", { width: 160, sortBy: "mac", of: ({ mac }) => mac }),
    text("type", "Type", { width: 130, sortBy: "type", of: ({ type }) => type }),
    text("vendor", "Vendor", { width: 140, sortBy: "vendor_name", of: ({ vendor_name: v }) => v }),
    text("model", "Model", { width: 150, sortBy: "model", of: ({ model }) => model }),
    text("os", "System", { width: 140, sortBy: "os.name", of: ({ os }) => os, isDefault: false }),
    text("site", "Site", { width: 130, sortBy: "site", of: ({ site }) => site }),
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
      width: 110,
      sortBy: "risk_score",
      cell: ({ risk_level: level }) =>
        level === undefined ? (
          <span className="muted">–</span>
        ) : (
          <StatusBadge tone={RISK_TONES[level] ?? "idle"}>{level}</StatusBadge>
        ),
    },
    {
      id: "sources",
      title: "Sources",
      width: 190,
      cell: ({ sources }) => (
        <span className="tags">
          {sources.map((name) => (
            <span key={name} className="tag">
              {name}
            </span>
          ))}
        </span>
      ),
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
    text("last_seen", "Last seen", {
      width: 140,
      sortBy: "last_seen",
      of: ({ last_seen: at }) => <TimeAgo at={at} />,
    }),
  ];
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
