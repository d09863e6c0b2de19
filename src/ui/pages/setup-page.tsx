import { useRouter } from "@tanstack/react-router";
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from "react";

import { setUp } from "../calls/session.ts";
import { Button } from "../parts/button.tsx";
import { Failure } from "../parts/failure.tsx";
import { TextField } from "../parts/fields.tsx";
import { isGoodPassword, NO_PASSWORD } from "../parts/new-password.ts";
import { NewPasswordFields } from "../parts/new-password.tsx";
import { Outside } from "./outside.tsx";
import { takeHashSecret } from "./take-hash-secret.ts";

/** Makes the first user, with the one-time token that the core prints when it starts without users. */
export function SetupPage(): ReactNode {
  const router = useRouter();
  const [token, setToken] = useState("");
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState(NO_PASSWORD);
  const [error, setError] = useState<unknown>(undefined);
  const [isBusy, setIsBusy] = useState(false);
  useToken(setToken);
  const submit = async (): Promise<void> => {
    setIsBusy(true);
    setError(undefined);
    try {
      await setUp({ token: token.trim(), username, password: password.text });
      await router.navigate({ to: "/" });
    } catch (thrown) {
      setError(thrown);
    } finally {
      setIsBusy(false);
    }
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    void submit();
  };
  return (
    <Outside
      title="Set up the first administrator"
      about="This core has no users yet. It printed a one-time token when it started; the address that it printed holds it already."
    >
      <form className="stack" onSubmit={onSubmit}>
        <TextField
          label="One-time token"
          required
          value={token}
          onChange={setToken}
          autoComplete="off"
        />
        <TextField
          label="Name"
          required
          value={username}
          onChange={setUsername}
          autoComplete="username"
        />
        <NewPasswordFields label="Password" value={password} onChange={setPassword} />
        <Failure error={error} />
        <Button type="submit" kind="primary" disabled={isBusy || !isGoodPassword(password)}>
          {isBusy ? "Setting up…" : "Set up and log in"}
        </Button>
      </form>
    </Outside>
  );
}

/** Of the address, once. */
function useToken(take: (token: string) => void): void {
  const isRead = useRef(false);
  useEffect(() => {
    document.title = "Set up · ServiceRadar Sync";
    if (isRead.current) return;
    isRead.current = true;
    take(takeHashSecret("token") ?? "");
  }, [take]);
}
