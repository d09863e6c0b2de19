import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { deviceQuery, type DeviceDetail } from "../../calls/devices.ts";
import { Loaded } from "../../parts/states.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { shortId } from "../device/outcome-words.ts";
import { compared, type ComparedField } from "./compare.ts";

type CompareDevicesProps = { readonly tenant: string; readonly ids: readonly string[] };

/** The devices of a case side by side; what tells them apart stands out. */
export function CompareDevices({ tenant, ids }: CompareDevicesProps): ReactNode {
  const answers = useQueries({ queries: ids.map((id) => deviceQuery(tenant, id)) });
  const read = answers.flatMap(({ data }) => data ?? []);
  // A former id leads to a device that may be here already.
  const devices = [...new Map(read.map((device) => [device.id, device])).values()];
  const query = {
    data: read.length === ids.length ? devices : undefined,
    error: answers.find(({ error }) => error !== null)?.error,
    refetch: () => answers.forEach((answer) => void answer.refetch()),
  };
  return (
    <section className="compare-part" aria-label="Side by side">
      <Loaded query={query} lines={6}>
        {(loaded) => <Compared tenant={tenant} devices={loaded} />}
      </Loaded>
    </section>
  );
}

type ComparedProps = { readonly tenant: string; readonly devices: readonly DeviceDetail[] };

function Compared({ tenant, devices }: ComparedProps): ReactNode {
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label="Devices side by side">
      <table className="compare">
        <caption className="visually-hidden">Devices side by side</caption>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">Field</span>
            </th>
            {devices.map((device) => (
              <th key={device.id} scope="col">
                <DeviceLink tenant={tenant} device={device} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {compared(devices).map((row) => (
            <Row key={row.title} row={row} isPair={devices.length > 1} />
          ))}
          <tr>
            <th scope="row">Last seen</th>
            {devices.map(({ id, last_seen: at }) => (
              <td key={id}>
                <TimeAgo at={at} />
              </td>
            ))}
          </tr>
        </tbody>
      </table>
    </div>
  );
}

function DeviceLink({
  tenant,
  device,
}: {
  readonly tenant: string;
  readonly device: DeviceDetail;
}): ReactNode {
  return (
    <Link
      to="/t/$tenant/devices/$device"
      params={{ tenant, device: device.id }}
      search={{ tab: "identity" }}
      className="wrap-anywhere"
    >
      {device.hostname ?? device.ip ?? shortId(device.id)}
    </Link>
  );
}

const HOW_MARKS = { same: ["=", "the same"], differs: ["≠", "differs"] } as const;

function Row({
  row: { title, values, how },
  isPair,
}: {
  readonly row: ComparedField;
  readonly isPair: boolean;
}): ReactNode {
  return (
    <tr data-how={isPair ? how : undefined}>
      <th scope="row">
        {title}
        {isPair && how !== "alone" && <HowMark how={how} />}
      </th>
      {values.map((value, at) => (
        <td key={at} className="wrap-anywhere">
          {value === undefined || value === "" ? <span className="muted">–</span> : value}
        </td>
      ))}
    </tr>
  );
}

function HowMark({ how }: { readonly how: keyof typeof HOW_MARKS }): ReactNode {
  const [mark, words] = HOW_MARKS[how];
  return (
    <>
      <span className="how" title={words} aria-hidden>
        {mark}
      </span>
      <span className="visually-hidden"> ({words})</span>
    </>
  );
}
