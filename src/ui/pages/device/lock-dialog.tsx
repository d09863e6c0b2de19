import { useState, type ReactNode } from "react";

import { deviceAct } from "../../calls/device-acts.ts";
import type { DeviceDetail } from "../../calls/devices.ts";
import { SelectField, TextField } from "../../parts/fields.tsx";
import { ActDialog } from "./act-dialog.tsx";
import { fieldTitle, LOCKABLE } from "./field-words.ts";

type LockDialogProps = {
  readonly tenant: string;
  readonly device: DeviceDetail;
  /** Absent while it is closed. */
  readonly field: string | undefined;
  readonly onClose: () => void;
};

/** Sets a field to a value that no source overrides. */
export function LockDialog({ tenant, device, field, onClose }: LockDialogProps): ReactNode {
  const [chosen, setChosen] = useState(field ?? "hostname");
  const valueOf = (name: string): string =>
    device.fields.find((one) => one.field === name)?.value ?? "";
  const [value, setValue] = useState(valueOf(chosen));
  return (
    <ActDialog
      tenant={tenant}
      title="Lock a value"
      about="It stands whatever sources say, until it is unlocked."
      verb="Lock"
      act={field === undefined ? undefined : deviceAct(device.id, "lock", { field: chosen, value })}
      isOpen={field !== undefined}
      onClose={onClose}
    >
      <SelectField
        label="Field"
        value={chosen}
        onChange={(next) => {
          setChosen(next);
          setValue(valueOf(next));
        }}
        options={LOCKABLE.map((name) => ({ value: name, label: fieldTitle(name) }))}
      />
      <TextField label="Value" value={value} onChange={setValue} />
    </ActDialog>
  );
}

type UnlockDialogProps = {
  readonly tenant: string;
  readonly device: string;
  readonly field: string | undefined;
  readonly onClose: () => void;
};

/** Gives a field back to the sources. */
export function UnlockDialog({ tenant, device, field, onClose }: UnlockDialogProps): ReactNode {
  return (
    <ActDialog
      tenant={tenant}
      title={`Unlock ${fieldTitle(field ?? "")}`}
      about="The best source's value stands again. It can be locked again."
      verb="Unlock"
      act={field === undefined ? undefined : deviceAct(device, "unlock", { field })}
      isOpen={field !== undefined}
      onClose={onClose}
    />
  );
}
