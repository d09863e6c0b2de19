import { useState, type ReactNode } from "react";

import { pathOf } from "../../calls/api-client.ts";
import { ask, queryClient } from "../../calls/query-client.ts";
import { useRefusal } from "../../calls/session.ts";
import type { Source } from "../../calls/sources.ts";
import { keyOf } from "../../calls/topics.ts";
import { Button } from "../../parts/button.tsx";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { TextField } from "../../parts/fields.tsx";
import { toast } from "../../parts/toast.ts";

type RotateSecretProps = { readonly tenant: string; readonly source: Source };

/** Puts a new secret in place of the stored one; the API replaces all credentials, so each that is stored is asked for. */
export function RotateSecret({ tenant, source }: RotateSecretProps): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const [secrets, setSecrets] = useState<Readonly<Record<string, string>>>({});
  const refusal = useRefusal(tenant, "operator");
  const close = (): void => {
    setIsOpen(false);
    setSecrets({});
  };
  const rotate = async (): Promise<void> => {
    const missing = source.credentials.find((name) => (secrets[name] ?? "").trim() === "");
    if (missing !== undefined) {
      throw new Error(`Give ${missing} too: all credentials are replaced.`);
    }
    await ask({
      method: "PATCH",
      path: pathOf(["tenants", tenant, "sources", source.name]),
      body: { credentials: secrets },
    });
    await queryClient.invalidateQueries({ queryKey: keyOf(tenant, "sources") });
    toast("The new secret is stored; the agent gets it within seconds. Test it.");
  };
  return (
    <>
      <Button onClick={() => setIsOpen(true)} refusal={refusal}>
        Rotate secret
      </Button>
      <ConfirmDialog
        title={`New secret for ${source.name}`}
        about="It replaces the stored one, which nobody is shown again. A run under way goes on with the old one."
        act="Store"
        isOpen={isOpen}
        onClose={close}
        onConfirm={rotate}
      >
        {source.credentials.map((name) => (
          <TextField
            key={name}
            label={name}
            type="password"
            autoComplete="off"
            value={secrets[name] ?? ""}
            onChange={(value) => setSecrets({ ...secrets, [name]: value })}
          />
        ))}
      </ConfirmDialog>
    </>
  );
}
