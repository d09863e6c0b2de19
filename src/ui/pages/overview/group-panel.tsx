import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { deviceGroupsQuery } from "../../calls/devices.ts";
import { numberWords } from "../../parts/number-words.ts";
import { Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { conditionOf } from "../devices/query-text.ts";

/** Values shown; the rest is told as a number. */
const SHOWN_MAX = 7;

type GroupPanelProps = { readonly tenant: string; readonly field: string; readonly title: string };

/** How many devices there are of each value of a field; each leads to them. */
export function GroupPanel({ tenant, field, title }: GroupPanelProps): ReactNode {
  const query = useQuery(deviceGroupsQuery(tenant, field));
  return (
    <Panel title={title}>
      <Loaded query={query} lines={6}>
        {({ groups }) => {
          const all = groups.reduce((sum, { devices }) => sum + devices, 0);
          const rest = groups.slice(SHOWN_MAX).reduce((sum, { devices }) => sum + devices, 0);
          return (
            <div className="bars">
              {groups.slice(0, SHOWN_MAX).map(({ values: [value = null], devices }) => (
                <Bar
                  key={value}
                  tenant={tenant}
                  label={value ?? "Not known"}
                  query={value === null ? undefined : conditionOf(field, value)}
                  share={devices / all}
                  devices={devices}
                />
              ))}
              {rest > 0 && (
                <Bar
                  tenant={tenant}
                  label={`${groups.length - SHOWN_MAX} others`}
                  query={undefined}
                  share={rest / all}
                  devices={rest}
                />
              )}
              {groups.length === 0 && <p className="muted">No devices yet.</p>}
            </div>
          );
        }}
      </Loaded>
    </Panel>
  );
}

type BarProps = {
  readonly tenant: string;
  readonly label: string;
  readonly query: string | undefined;
  readonly share: number;
  readonly devices: number;
};

const PERCENT = 100;

function Bar({ tenant, label, query, share, devices }: BarProps): ReactNode {
  return (
    <>
      {query === undefined ? (
        <span className="clip muted">{label}</span>
      ) : (
        <Link to="/t/$tenant/devices" params={{ tenant }} search={{ query }} className="clip">
          {label}
        </Link>
      )}
      <span className="bar" aria-hidden>
        <i style={{ width: `${share * PERCENT}%` }} />
      </span>
      <span className="number">{numberWords(devices)}</span>
    </>
  );
}
