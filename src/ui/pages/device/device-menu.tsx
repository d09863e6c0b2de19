import { useQuery } from "@tanstack/react-query";
import { ChevronDown, GitMerge, ShieldX, Undo2 } from "lucide-react";
import { useState, type ReactNode } from "react";

import { deviceAct } from "../../calls/device-acts.ts";
import { devicesQuery, type Device, type DeviceDetail } from "../../calls/devices.ts";
import { useRefusal } from "../../calls/session.ts";
import { Button } from "../../parts/button.tsx";
import { TextField } from "../../parts/fields.tsx";
import { Menu, MenuItem } from "../../parts/menu.tsx";
import { ErrorState } from "../../parts/states.tsx";
import { ActDialog } from "./act-dialog.tsx";

type DeviceMenuProps = { readonly tenant: string; readonly device: DeviceDetail };
type Asked = "merge" | "never-merge" | "unmerge";

const ACTS = {
  merge: {
    title: "Merge with another device",
    about:
      "Their records become one device, whatever sources say, until the decision is taken back.",
    verb: "Merge",
  },
  "never-merge": {
    title: "Never merge with another device",
    about: "No record of one is ever with a record of the other, until the decision is taken back.",
    verb: "Keep apart",
  },
  unmerge: {
    title: "Undo the latest merge",
    about: "What the latest merge brought becomes a device of its own again. It can be taken back.",
    verb: "Undo merge",
  },
} as const;

/** What can be done to a device as a whole. */
export function DeviceMenu({ tenant, device }: DeviceMenuProps): ReactNode {
  const refusal = useRefusal(tenant, "operator");
  const [asked, setAsked] = useState<Asked | undefined>(undefined);
  if (refusal !== undefined) return <Button refusal={refusal}>Decide</Button>;
  return (
    <>
      <Menu
        trigger={
          <Button>
            Decide
            <ChevronDown size={14} aria-hidden />
          </Button>
        }
      >
        <MenuItem onSelect={() => setAsked("merge")}>
          <GitMerge size={15} aria-hidden />
          Merge with…
        </MenuItem>
        <MenuItem onSelect={() => setAsked("never-merge")}>
          <ShieldX size={15} aria-hidden />
          Never merge with…
        </MenuItem>
        {device.merges.length > 0 && (
          <MenuItem onSelect={() => setAsked("unmerge")}>
            <Undo2 size={15} aria-hidden />
            Undo the latest merge…
          </MenuItem>
        )}
      </Menu>
      {asked === "unmerge" && (
        <ActDialog
          {...ACTS.unmerge}
          tenant={tenant}
          act={deviceAct(device.id, "unmerge")}
          isOpen
          onClose={() => setAsked(undefined)}
        />
      )}
      {(asked === "merge" || asked === "never-merge") && (
        <PairDialog
          tenant={tenant}
          device={device}
          asked={asked}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
}

type PairDialogProps = DeviceMenuProps & {
  readonly asked: "merge" | "never-merge";
  readonly onClose: () => void;
};

function PairDialog({ tenant, device, asked, onClose }: PairDialogProps): ReactNode {
  const [other, setOther] = useState<Device | undefined>(undefined);
  const act = other === undefined ? undefined : deviceAct(device.id, asked, { other: other.id });
  return (
    <ActDialog {...ACTS[asked]} tenant={tenant} act={act} isOpen onClose={onClose}>
      <DevicePicker tenant={tenant} without={device.id} picked={other} onPick={setOther} />
    </ActDialog>
  );
}

type DevicePickerProps = {
  readonly tenant: string;
  readonly without: string;
  readonly picked: Device | undefined;
  readonly onPick: (device: Device) => void;
};

/** Devices offered at once. */
const OFFERED_MAX = 6;
/** A single letter begins the names of very many. */
const TYPED_MIN = 2;

function DevicePicker({ tenant, without, picked, onPick }: DevicePickerProps): ReactNode {
  const [typed, setTyped] = useState("");
  const q = typed.trim();
  const query = useQuery({ ...devicesQuery(tenant, { q }), enabled: q.length >= TYPED_MIN });
  const found = (query.data?.devices ?? []).filter(({ id }) => id !== without);
  return (
    <div className="stack-s">
      <TextField
        label="Other device"
        hint="Beginning of its name, or a whole address, MAC, serial or id."
        value={typed}
        onChange={setTyped}
      />
      {query.error !== null && (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      )}
      {q.length >= TYPED_MIN && query.data !== undefined && found.length === 0 && (
        <p className="muted small">No other device is called so.</p>
      )}
      <div className="picks" role="group" aria-label="Devices found">
        {found.slice(0, OFFERED_MAX).map((one) => (
          <button
            key={one.id}
            type="button"
            className="pick"
            aria-pressed={picked?.id === one.id}
            onClick={() => onPick(one)}
          >
            <span className="name">{one.hostname ?? one.ip ?? one.id}</span>
            <span className="muted small">
              {[one.ip, one.mac, one.sources.join(", ")].filter((part) => part).join(" · ")}
            </span>
          </button>
        ))}
      </div>
    </div>
  );
}
