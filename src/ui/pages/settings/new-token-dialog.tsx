import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { changePeople } from "../../calls/people.ts";
import { ROLES } from "../../calls/session.ts";
import { Button } from "../../parts/button.tsx";
import { CopyLine } from "../../parts/copy-line.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Failure } from "../../parts/failure.tsx";
import { SelectField, TextField } from "../../parts/fields.tsx";

type NewTokenDialogProps = {
  readonly tenant: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
};

/** How long tokens hold, as the API takes it; "" is until they are revoked. */
const LIVES = [
  { value: "720h", label: "30 days" },
  { value: "2160h", label: "90 days" },
  { value: "8760h", label: "a year" },
  { value: "", label: "until it is revoked" },
] as const;

/** Makes a token and shows its text this once. */
export function NewTokenDialog({ tenant, isOpen, onClose }: NewTokenDialogProps): ReactNode {
  const [name, setName] = useState("");
  const [role, setRole] = useState("viewer");
  const [life, setLife] = useState("2160h");
  const making = useMutation({
    mutationFn: async () => {
      const body = { name: name.trim(), role, ...(life === "" ? {} : { expires_in: life }) };
      const path = ["tenants", tenant, "tokens"];
      return await changePeople<{ readonly token: string }>({ method: "POST", path, body });
    },
  });
  const text = making.data?.token;
  const close = (): void => {
    making.reset();
    setName("");
    onClose();
  };
  return (
    <Dialog
      title={text === undefined ? "Make a token" : `Token ${name}`}
      about={text === undefined ? undefined : "Copy it now: it is shown this once."}
      isOpen={isOpen}
      onClose={close}
      foot={
        text === undefined ? (
          <>
            <Button onClick={close}>Cancel</Button>
            <Button
              kind="primary"
              disabled={name.trim() === "" || making.isPending}
              onClick={() => making.mutate()}
            >
              Make
            </Button>
          </>
        ) : (
          <Button kind="primary" onClick={close}>
            I have it
          </Button>
        )
      }
    >
      {text === undefined ? (
        <>
          <TextField
            label="Name"
            hint="What it is for, as it stands in the audit."
            value={name}
            onChange={setName}
          />
          <SelectField
            label="Role"
            value={role}
            onChange={setRole}
            options={ROLES.map((one) => ({ value: one, label: one }))}
          />
          <SelectField label="Holds for" value={life} onChange={setLife} options={LIVES} />
        </>
      ) : (
        <CopyLine label="token" text={text} />
      )}
      <Failure error={making.error} />
    </Dialog>
  );
}
