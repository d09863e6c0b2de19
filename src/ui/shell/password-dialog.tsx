import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { changePassword, sessionQuery } from "../calls/session.ts";
import { ConfirmDialog } from "../parts/confirm-dialog.tsx";
import { TextField } from "../parts/fields.tsx";
import { isGoodPassword, NO_PASSWORD } from "../parts/new-password.ts";
import { NewPasswordFields } from "../parts/new-password.tsx";
import { toast } from "../parts/toast.ts";

type PasswordDialogProps = { readonly isOpen: boolean; readonly onClose: () => void };

/** Changes one's own password; who came by a link alone gets a first one. */
export function PasswordDialog({ isOpen, onClose }: PasswordDialogProps): ReactNode {
  const { data: session } = useQuery(sessionQuery);
  const [current, setCurrent] = useState("");
  const [wanted, setWanted] = useState(NO_PASSWORD);
  const isFirst = session?.user.has_password === false;
  const close = (): void => {
    setCurrent("");
    setWanted(NO_PASSWORD);
    onClose();
  };
  return (
    <ConfirmDialog
      title={isFirst ? "Set a password" : "Change your password"}
      about="Your other sessions end; this one stays."
      act={isFirst ? "Set" : "Change"}
      isChosen={(isFirst || current !== "") && isGoodPassword(wanted)}
      isOpen={isOpen}
      onClose={close}
      onConfirm={async () => {
        await changePassword(isFirst ? { new: wanted.text } : { current, new: wanted.text });
        toast("Your password is changed.", "good");
      }}
    >
      {!isFirst && (
        <TextField
          label="Password now"
          type="password"
          value={current}
          onChange={setCurrent}
          autoComplete="current-password"
        />
      )}
      <NewPasswordFields label="New password" value={wanted} onChange={setWanted} />
    </ConfirmDialog>
  );
}
